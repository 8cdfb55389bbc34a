package config

import (
	"reflect"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// decodeAny decodes a node into what p points to.
func decodeAny(d *strictyaml.Decoder, n *yaml.Node, p any, path string) {
	d.Value(n, reflect.ValueOf(p).Elem(), path)
}

// decodeStruct decodes the full form of a type that also has a short one.
func decodeStruct(d *strictyaml.Decoder, n *yaml.Node, p any, path string) {
	d.Struct(n, reflect.ValueOf(p).Elem(), path)
}
