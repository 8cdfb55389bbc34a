package controls

import (
	"fmt"
	"slices"
	"strings"

	"deskproof/model/strictyaml"
)

// Scale says how shares become ratings and ratings a level (ISO/IEC 33020:2019, N-P-L-F).
type Scale struct {
	Pos     strictyaml.Pos `yaml:"-"`
	Name    string         `yaml:"scale"`   // framework that it comes from: iso33020:2019
	Ratings []ScaleRating  `yaml:"ratings"` // lowest first
	Levels  []ScaleLevel   `yaml:"levels"`  // 1 first
}

// ScaleRating is one letter of the scale: achievements above Above, up to the next rating's Above, that one included.
type ScaleRating struct {
	Pos   strictyaml.Pos `yaml:"-"`
	Code  string         `yaml:"code"`
	Word  string         `yaml:"word"`
	Above Share          `yaml:"above"`
}

// ScaleLevel is one capability level with its process attributes.
type ScaleLevel struct {
	Pos        strictyaml.Pos `yaml:"-"`
	Level      int            `yaml:"level"`
	Name       string         `yaml:"name"`
	Attributes []string       `yaml:"attributes"`
}

// Rate is the letter of an achievement (0 to 1).
func (s *Scale) Rate(achievement float64) string {
	code := ""
	for i, r := range s.Ratings {
		// The lowest rating holds everything from 0 on.
		if i == 0 || achievement > float64(r.Above)+1e-12 {
			code = r.Code
		}
	}
	return code
}

// Word is the rating in words: "largely achieved".
func (s *Scale) Word(code string) string {
	for _, r := range s.Ratings {
		if r.Code == code {
			return r.Word
		}
	}
	return "not assessed"
}

func (s *Scale) describe() string {
	var b strings.Builder
	for _, r := range s.Ratings {
		fmt.Fprintf(&b, "%s>%v ", r.Code, float64(r.Above))
	}
	for _, l := range s.Levels {
		fmt.Fprintf(&b, "%d:%s ", l.Level, strings.Join(l.Attributes, "+"))
	}
	return b.String()
}

// AttributeName is the name of a process attribute (PA1.1) in the framework of the scale, with how certain it is.
func (c *Catalogue) AttributeName(attribute string) (name, certainty string) {
	if c.Scale == nil {
		return attribute, "M"
	}
	if f := c.frameworks[c.Scale.Name]; f != nil {
		for _, e := range f.Entries {
			if strings.ReplaceAll(e.ID, " ", "") == attribute {
				return e.Title, e.Certainty
			}
		}
	}
	return attribute, "M"
}

func (l *loader) scale(file string, data []byte) {
	s := &Scale{}
	l.decode(file, data, s)
	if l.cat.frameworks[s.Name] == nil {
		l.ps.Add(s.Pos, "scale", strictyaml.Suggest(s.Name, l.cat.FrameworkIDs()), "%q is not a framework of the catalogue", s.Name)
	}
	for i, r := range s.Ratings {
		if r.Code == "" || r.Word == "" {
			l.ps.Add(r.Pos, fmt.Sprintf("ratings[%d]", i), "", "a rating needs code and word")
		}
		if i > 0 && r.Above <= s.Ratings[i-1].Above {
			l.ps.Add(r.Pos, fmt.Sprintf("ratings[%d].above", i), "lowest first", "the ratings do not ascend")
		}
	}
	var attributes []string
	for i, lv := range s.Levels {
		if lv.Level != i+1 || len(lv.Attributes) == 0 {
			l.ps.Add(lv.Pos, fmt.Sprintf("levels[%d]", i), "", "levels ascend from 1, each with its attributes")
		}
		for _, a := range lv.Attributes {
			if slices.Contains(attributes, a) {
				l.ps.Add(lv.Pos, fmt.Sprintf("levels[%d].attributes", i), "", "%q stands there twice", a)
			}
			attributes = append(attributes, a)
		}
	}
	for _, a := range Attributes() {
		if !slices.Contains(attributes, a) {
			l.ps.Add(s.Pos, "levels", "", "the attribute %s has no level", a)
		}
	}
	if len(s.Ratings) == 0 {
		l.ps.Add(s.Pos, "ratings", "", "missing")
	}
	l.cat.Scale = s
}
