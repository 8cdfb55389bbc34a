package reader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// cacheLimit is up to how many unpacked bytes the first pass keeps the content for the second one.
const cacheLimit = 64 << 20

// A packed file that unpacks to more than bombRatio times its size, and to more than cacheLimit, is no export but made
// to fill memory and disk. Tables full of repeats reach about a hundred.
const bombRatio = 300

// source is an opened file: hashed, unpacked once from end to end, and ready to be read again.
type source struct {
	path        string
	sha256      string
	size        int64
	compression string
	head        []byte // the first unpacked bytes
	scan        scan   // what the bytes say about their encoding
	truncated   bool
	gap         string

	cache  []byte // the whole unpacked content, when it is small enough
	cached bool
}

// open reads a file from end to end: its hash and its encoding are facts of the whole file, not of its first lines.
func open(ctx context.Context, path string) (*source, error) {
	s := &source{path: path}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	raw := &hashing{r: f, h: sha256.New(), ctx: ctx}
	body, err := s.unpack(raw)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer body.Close()
	s.cached = true
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		s.scan.add(buf[:n])
		if s.compression != "" && s.scan.total > cacheLimit && s.scan.total > bombRatio*raw.n {
			return nil, fmt.Errorf("%s unpacks to more than %d times its size, as no export does: it was not read. If it is genuine, unpack it yourself and name the file inside", path, bombRatio)
		}
		if len(s.head) < 64<<10 {
			s.head = append(s.head, buf[:min(n, 64<<10-len(s.head))]...)
		}
		if s.cached {
			if len(s.cache)+n > cacheLimit {
				s.cache, s.cached = nil, false
			} else {
				s.cache = append(s.cache, buf[:n]...)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			if raw.err != nil || ctx.Err() != nil { // the disk or the user, not the content
				return nil, fileError(path, errors.Join(raw.err, ctx.Err()))
			}
			s.truncated, s.gap = true, packError(s.compression, err)
			break
		}
	}
	s.scan.end()
	if _, err := io.Copy(io.Discard, raw); err != nil { // what unpacking left: the hash is of the whole file
		return nil, fileError(path, err)
	}
	s.sha256, s.size = hex.EncodeToString(raw.h.Sum(nil)), raw.n
	return s, nil
}

// Close releases what the source holds.
func (s *source) Close() { s.cache = nil }

// packError says in words what is wrong with a packed file.
func packError(compression string, err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Sprintf("the %s file is truncated: it ends before its content does", compression)
	}
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch) {
		return fmt.Sprintf("the %s file is damaged: its checksum does not fit, so that rows may be wrong although they could be read; export it again", compression)
	}
	return fmt.Sprintf("the %s file is damaged: %v", compression, err)
}

// unpack tells a packed file by its first bytes, never by its name.
func (s *source) unpack(r io.Reader) (io.ReadCloser, error) {
	first := make([]byte, 4)
	n, err := io.ReadFull(r, first)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	whole := io.MultiReader(bytes.NewReader(first[:n]), r)
	switch {
	case n >= 2 && first[0] == 0x1f && first[1] == 0x8b:
		s.compression = "gzip"
		z, err := gzip.NewReader(whole)
		if err != nil {
			s.truncated, s.gap = true, packError("gzip", err)
			return io.NopCloser(bytes.NewReader(nil)), nil
		}
		return z, nil
	case bytes.Equal(first[:n], []byte{0x28, 0xb5, 0x2f, 0xfd}):
		s.compression = "zstd"
		z, err := zstd.NewReader(whole, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(512<<20))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(whole), nil
}

// reader starts the second pass. progress gets bytes of the content when it is in memory, of the file otherwise.
func (s *source) reader(ctx context.Context, progress func(done, total int64)) (io.ReadCloser, error) {
	if s.cached {
		c := &counting{r: bytes.NewReader(s.cache), total: int64(len(s.cache)), progress: progress}
		if s.gap != "" {
			return io.NopCloser(io.MultiReader(c, failing{})), nil
		}
		return io.NopCloser(c), nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fileError(s.path, err)
	}
	h := &hashing{r: &counting{r: f, total: s.size, progress: progress}, h: sha256.New(), ctx: ctx}
	body, err := s.unpack(h)
	if err != nil {
		f.Close()
		return nil, fileError(s.path, err)
	}
	return &second{ReadCloser: body, file: f, raw: h, src: s}, nil
}

// second reads a file for the second time and makes sure that it is still the same.
type second struct {
	io.ReadCloser
	file *os.File
	raw  *hashing
	src  *source
}

// errBroken stands for a fault of the packing that the first pass has already put into words.
var errBroken = errors.New("the content ends here")

func (s *second) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if err == nil {
		return n, nil
	}
	if s.raw.err != nil {
		return n, fileError(s.src.path, s.raw.err)
	}
	if _, copyErr := io.Copy(io.Discard, s.raw); copyErr != nil {
		return n, fileError(s.src.path, copyErr)
	}
	if hex.EncodeToString(s.raw.h.Sum(nil)) != s.src.sha256 {
		return n, fmt.Errorf("%s was changed while it was read: collect again when it is complete", s.src.path)
	}
	if err != io.EOF {
		err = errBroken
	}
	return n, err
}

func (s *second) Close() error { return errors.Join(s.ReadCloser.Close(), s.file.Close()) }

// failing ends a content that is not whole.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// hashing hashes and counts what is read through it.
type hashing struct {
	r   io.Reader
	h   hash.Hash
	n   int64
	err error
	ctx context.Context
}

func (h *hashing) Read(b []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		h.err = err
		return 0, err
	}
	n, err := h.r.Read(b)
	h.h.Write(b[:n])
	h.n += int64(n)
	if err != nil && err != io.EOF {
		h.err = err
	}
	return n, err
}

// counting tells how far reading is.
type counting struct {
	r           io.Reader
	done, total int64
	progress    func(done, total int64)
}

func (c *counting) Read(b []byte) (int, error) {
	if len(b) > 1<<20 {
		b = b[:1<<20]
	}
	n, err := c.r.Read(b)
	c.done += int64(n)
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
	return n, err
}
