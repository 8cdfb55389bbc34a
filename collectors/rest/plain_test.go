package rest

import (
	"encoding/binary"
	"testing"
)

// Every byte at every place, between bytes that a borrow could carry over.
func TestPlain(t *testing.T) {
	for _, around := range []byte{' ', '!', '#', '[', ']', 'a', 0x7f, 0x80, 0xff} {
		for place := range 8 {
			for c := range 256 {
				b := []byte{around, around, around, around, around, around, around, around}
				b[place] = byte(c)
				want := c >= ' ' && c != '"' && c != '\\'
				if got := plain(binary.LittleEndian.Uint64(b)); got != want {
					t.Fatalf("%q: plain is %v", b, got)
				}
			}
		}
	}
}
