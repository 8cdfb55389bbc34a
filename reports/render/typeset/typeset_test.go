package typeset

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFacesOfOurSigns(t *testing.T) {
	for _, r := range "✓◆✗○□△–▲▼−≤≥→·\u202f\u00a0ŁŻøΩЖé€…" {
		if f, drawn := Pick(Regular, r); f != Regular || drawn != r {
			t.Errorf("%q is not in Source Sans 3", r)
		}
	}
	for _, r := range "אבعد" {
		if f, _ := Pick(Regular, r); f != Fallback {
			t.Errorf("%q should come from the fallback font", r)
		}
	}
	if _, drawn := Pick(Regular, '😀'); drawn != Replacement {
		t.Errorf("emoji drawn as %q", drawn)
	}
}

func TestDigitsAreEquallyWide(t *testing.T) {
	for _, f := range []Face{Regular, Semibold} {
		want := Width("0", f, 10)
		for _, s := range []string{"1", "5", "8", "+", "−"} {
			if got := Width(s, f, 10); got != want {
				t.Errorf("face %d: %s is %.3f wide, 0 is %.3f", f, s, got, want)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		in    string
		width float64
		want  []string
	}{
		{"", 50, []string{""}},
		{"one two three", 1000, []string{"one two three"}},
		{"one two three", 40, []string{"one two", "three"}},
		{"a\nb", 40, []string{"a", "b"}},
		{"well-known", 30, []string{"well-", "known"}},
		{"iiiiiiiiii", 10, nil},
	}
	for _, tt := range tests {
		got := Wrap(tt.in, Regular, 10, tt.width)
		if tt.want != nil && strings.Join(got, "|") != strings.Join(tt.want, "|") {
			t.Errorf("Wrap(%q, %v) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

// Whatever the text: no line is wider than asked, nothing but spaces is lost, and it ends.
func FuzzWrap(f *testing.F) {
	f.Add("Łukasz Žofie Ωmega Ж אבג 😀 a/b-c  x", 31.0)
	f.Add(strings.Repeat("x", 500), 12.0)
	f.Fuzz(func(t *testing.T, s string, width float64) {
		if width < 15 || width > 1e4 || len(s) > 2000 {
			return
		}
		lines := Wrap(s, Regular, 10, width)
		if len(lines) == 0 {
			t.Fatal("no line")
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got, want := squeeze(strings.Join(lines, "")), squeeze(Clean(s)); got != want {
			t.Fatalf("lost text: %q → %q", want, got)
		}
		for _, l := range lines {
			if Width(l, Regular, 10) > width+1e-6 && utf8.RuneCountInString(l) > 1 {
				t.Fatalf("%q is wider than %v", l, width)
			}
		}
	})
}

func TestRightToLeft(t *testing.T) {
	runs := Runs("אבג", Regular)
	if len(runs) != 1 || runs[0].Text != "גבא" {
		t.Errorf("runs %v", runs)
	}
}

func TestShorten(t *testing.T) {
	s := Shorten("a long name of a service", Regular, 10, 50)
	if !strings.HasSuffix(s, "…") || Width(s, Regular, 10) > 50 {
		t.Errorf("%q is %.1f wide", s, Width(s, Regular, 10))
	}
}
