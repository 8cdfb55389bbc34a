package rest

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzScanner holds the scanner against encoding/json: it passes what that finds valid, to its end, and refuses all else.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"a":[{},[],{"b":[1,-2.5e+3,true,false,null,"x\u0041\n"]}],"c":{"d":""}}`, ` [ 1 , { "a" : [ ] } ] `,
		`{]`, `[}`, `[1,]`, `{"a":1,}`, `{,}`, `[,1]`, `{"a"}`, `{"a":}`, `{"a":1 "b":2}`, `{1:2}`, `[1 2]`, `[`, `{`, `{"a`, `{"a":[1`, `[[]`, `[]]`, `{"a":tru}`,
		`["` + "\x01" + `"]`, `["\x"]`, `{"a":01}`, strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > deepest {
			return
		}
		s := &scanner{b: []byte(text)}
		v, err := s.value()
		s.space()
		if got, want := err == nil && s.i == len(text), json.Valid([]byte(text)); got != want {
			t.Fatalf("%q: valid is %v (%v), want %v", text, got, err, want)
		}
		if err == nil && !json.Valid(v) {
			t.Errorf("%q: the value is %q", text, v)
		}
	})
}

func TestValuesAreNestedOnlySoDeeply(t *testing.T) {
	for depth, want := range map[int]bool{deepest: true, deepest + 1: false, 100_000: false} {
		for _, signs := range []string{"[]", "{}"} {
			open, inner := signs[:1], "1"
			if open == "{" {
				open = `{"a":`
			}
			text := strings.Repeat(open, depth) + inner + strings.Repeat(signs[1:], depth)
			_, err := (&scanner{b: []byte(text)}).value()
			if got := err == nil; got != want || err != nil && !strings.Contains(err.Error(), "nested too deeply") {
				t.Errorf("%d of %s: %v", depth, signs, err)
			}
		}
	}
}
