package generic

import (
	"reflect"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// decodeInto decodes the full form of a type that also has a short one.
func decodeInto(d *strictyaml.Decoder, n *yaml.Node, p any, path string) {
	d.Struct(n, reflect.ValueOf(p).Elem(), path)
}
