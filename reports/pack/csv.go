package pack

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strings"
)

// csvBytes writes a list as RFC 4180 with line feeds. Cells that a spreadsheet would run as a formula get an apostrophe.
func csvBytes(head []string, n int, row func(int) []string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for i := range n {
		cells := row(i)
		for j, c := range cells {
			cells[j] = guard(c)
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// formula tells whether a spreadsheet could take a cell for a formula, apostrophes in front left aside.
func formula(c string) bool {
	c = strings.TrimLeft(c, "'")
	return c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0]))
}

// guard puts an apostrophe in front of such a cell; one that has an apostrophe already gets another, so that unguard
// finds the text again.
func guard(c string) string {
	if formula(c) {
		return "'" + c
	}
	return c
}

// unguard takes the apostrophe of guard away.
func unguard(c string) string {
	if strings.HasPrefix(c, "'") && formula(c) {
		return c[1:]
	}
	return c
}

// readCSV reads a list without its head; the head must be the one given.
func readCSV(path string, head []string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = len(head)
	var out [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, c := range row {
			row[i] = unguard(c)
		}
		out = append(out, row)
	}
	if len(out) == 0 || strings.Join(out[0], ",") != strings.Join(head, ",") {
		return nil, errors.New("the head of the list is not " + strings.Join(head, ","))
	}
	return out[1:], nil
}
