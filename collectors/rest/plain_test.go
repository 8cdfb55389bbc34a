package rest

import (
	"encoding/binary"
	"math/bits"
	"testing"
)

// Every byte at every place, between bytes that a borrow could carry over.
func TestSpecialBytesAreFound(t *testing.T) {
	for _, around := range []byte{0, 0x1f, '"', '\\', ' ', '!', '#', '[', ']', 'a', 0x7f, 0x80, 0xff} {
		for place := range 8 {
			for c := range 256 {
				b := []byte{around, around, around, around, around, around, around, around}
				b[place] = byte(c)
				want := place
				if c >= ' ' && c != '"' && c != '\\' {
					want = 8
				}
				for i, a := range b {
					if i < want && (a < ' ' || a == '"' || a == '\\') {
						want = i
					}
				}
				if got := bits.TrailingZeros64(special(binary.LittleEndian.Uint64(b))) / 8; got != want {
					t.Fatalf("%q: the first special byte is at %d", b, got)
				}
			}
		}
	}
}
