package controls

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"deskproof/model/strictyaml"
)

//go:embed start
var startFiles embed.FS

// NewFile is a file of a folder that is begun.
type NewFile struct {
	Path string // within the folder, with slashes
	Text []byte
}

// Start gives the files with which a catalogue of one's own begins: a README, one control of the process with everything
// explained, and its test. It has no mistake and its test passes as it stands. folder is what the texts call the folder.
// An id that the catalogue has already, and an unknown process, are errors.
func Start(cat *Catalogue, folder, id, process string) ([]NewFile, error) {
	if !controlID.MatchString(id) {
		return nil, fmt.Errorf("%q is not an id for a control: lower case words joined by -, such as own-incident-titled", id)
	}
	if cat.Control(id) != nil {
		return nil, fmt.Errorf("the catalogue has a control %q already: choose another id, or write a file that states the id and only what shall be different", id)
	}
	i := slices.IndexFunc(Processes(), func(p Process) bool { return p.ID == process })
	if i < 0 {
		return nil, fmt.Errorf("%q is no process: %s", process, strictyaml.Suggest(process, processIDs()))
	}
	p := Processes()[i]
	in := struct{ Folder, ID, Process, Kind, Title, One, MapsTo, First, Frequencies, Attributes string }{
		Folder: folder, ID: id, Process: process, Title: p.Title, Frequencies: strings.Join(Frequencies(), ", "), Attributes: strings.Join(Attributes(), ", "),
	}
	// The requirements of the process are those that its first control answers.
	for _, k := range cat.Controls {
		if k.Process == process && in.MapsTo == "" {
			var quoted []string
			for _, r := range k.MapsTo {
				if name, _, _ := strings.Cut(r, ":"); slices.Contains(documented, name) {
					quoted = append(quoted, `"`+r+`"`)
				}
			}
			in.MapsTo = strings.Join(quoted, ", ")
			in.First, _, _ = strings.Cut(in.MapsTo, ",")
		}
	}
	if in.MapsTo == "" {
		return nil, fmt.Errorf("no control of the process %q shows which requirements it answers", process)
	}
	form := "document"
	if len(p.Kinds) > 0 {
		form, in.Kind = "ticket", p.Kinds[0]
		in.One = strings.ReplaceAll(in.Kind, "_", " ")
		in.Title = strings.ToUpper(in.One[:1]) + in.One[1:] + "s"
	} else {
		in.Title = strings.ToLower(in.Title)
	}
	var out []NewFile
	for _, f := range [][2]string{{"README.md", "README.md"}, {form + "_control.yaml", "controls/" + process + ".yaml"}, {form + "_test.yaml", "tests/" + id + ".yaml"}} {
		t, err := template.ParseFS(startFiles, path.Join("start", f[0]+".tmpl"))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, in); err != nil {
			return nil, err
		}
		out = append(out, NewFile{f[1], b.Bytes()})
	}
	return out, nil
}
