package file

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bucket is a place in an object store that speaks the protocol of S3. Credentials come from the environment under the names that
// everybody uses (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN); without them it is asked anonymously. They reach no
// message and no record.
type bucket struct {
	name, pattern   string   // pattern of keys
	base            *url.URL // address of the bucket
	region          string
	id, key, ticket string // access key id, secret key, session token
	now             func() time.Time
	sleep           func(ctx context.Context, d time.Duration) error
	http            *http.Client
}

// Limits of a listing.
const (
	maxListing = 16 << 20  // bytes of one page
	maxObjects = 1_000_000 // keys under one prefix
	storeTries = 5
)

// isRemote is true for a path that names objects of a store.
func isRemote(p string) bool {
	return strings.HasPrefix(p, "s3://") || strings.HasPrefix(p, "s3+https://") || strings.HasPrefix(p, "s3+http://")
}

// openBucket reads s3://BUCKET/PATTERN (Amazon, or the endpoint that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names) and
// s3+https://HOST/BUCKET/PATTERN (any other store).
func openBucket(p string) (*bucket, error) {
	b := &bucket{region: first(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"),
		id: os.Getenv("AWS_ACCESS_KEY_ID"), key: os.Getenv("AWS_SECRET_ACCESS_KEY"), ticket: os.Getenv("AWS_SESSION_TOKEN"), now: time.Now,
		sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		}}
	if (b.id == "") != (b.key == "") {
		return nil, errors.New("only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or neither to ask anonymously")
	}
	endpoint := first(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	rest, amazon := strings.CutPrefix(p, "s3://")
	if !amazon {
		scheme, after, _ := strings.Cut(strings.TrimPrefix(p, "s3+"), "://")
		host, inside, _ := strings.Cut(after, "/")
		endpoint, rest = scheme+"://"+host, inside
	}
	b.name, b.pattern, _ = strings.Cut(rest, "/")
	if b.name == "" || strings.ContainsAny(b.name, "*?[@ ") {
		return nil, fmt.Errorf("%s names no bucket: write s3://BUCKET/FOLDER/*.csv, or s3+https://HOST/BUCKET/FOLDER/*.csv", p)
	}
	if b.pattern == "" || strings.HasSuffix(b.pattern, "/") {
		b.pattern += "*"
	}
	if _, err := path.Match(b.pattern, ""); err != nil {
		return nil, fmt.Errorf("%s is not a pattern: %w", p, err)
	}
	if endpoint == "" {
		endpoint = "https://" + b.name + ".s3." + b.region + ".amazonaws.com"
	} else {
		endpoint = strings.TrimRight(endpoint, "/") + "/" + b.name
	}
	var err error
	if b.base, err = url.Parse(endpoint); err != nil || b.base.Host == "" || b.base.User != nil {
		return nil, fmt.Errorf("%s leads to no address of a store", p)
	}
	b.http = &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		return fmt.Errorf("the bucket %s is elsewhere (%s): set AWS_REGION to its region", b.name, r.URL.Host)
	}}
	return b, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// account says who asks, for the books.
func (b *bucket) account() string {
	if b.id == "" {
		return "anonymous"
	}
	return b.id
}

// list finds the objects whose keys fit the pattern, in the order of their keys.
func (b *bucket) list(ctx context.Context) ([]object, error) {
	prefix := b.pattern
	if i := strings.IndexAny(prefix, `*?[\`); i >= 0 {
		prefix = prefix[:i]
	}
	q := url.Values{"list-type": {"2"}, "prefix": {prefix}, "encoding-type": {"url"}}
	var out []object
	asked := map[string]bool{}
	for {
		body, err := b.get(ctx, "", q, nil)
		if err != nil {
			return nil, err
		}
		var page struct {
			XMLName     xml.Name `xml:"ListBucketResult"`
			IsTruncated bool
			Next        string `xml:"NextContinuationToken"`
			Contents    []struct {
				Key, ETag    string
				LastModified time.Time
				Size         int64
			}
		}
		err = xml.NewDecoder(io.LimitReader(body, maxListing)).Decode(&page)
		body.Close()
		if err != nil {
			return nil, fmt.Errorf("s3://%s: the listing cannot be read: %w", b.name, err)
		}
		for _, c := range page.Contents {
			key, err := url.QueryUnescape(c.Key)
			if err != nil {
				key = c.Key
			}
			if fits, _ := path.Match(b.pattern, key); !fits || strings.HasSuffix(key, "/") || unfinished(key) {
				continue
			}
			out = append(out, object{origin: "s3://" + b.name + "/" + key, size: c.Size, moment: c.LastModified.UTC(), tag: strings.Trim(c.ETag, `"`), remote: b, key: key})
		}
		if len(out) > maxObjects {
			return nil, fmt.Errorf("s3://%s/%s names more than %d objects: name a narrower prefix", b.name, b.pattern, maxObjects)
		}
		if !page.IsTruncated {
			slices.SortFunc(out, func(x, y object) int { return strings.Compare(x.key, y.key) })
			return out, nil
		}
		if page.Next == "" || asked[page.Next] {
			return nil, fmt.Errorf("s3://%s: the store names the same next page again: reading it would never end", b.name)
		}
		asked[page.Next] = true
		q.Set("continuation-token", page.Next)
	}
}

// fetch brings an object into a folder and gives the path of the file, which bears the object's name.
func (b *bucket) fetch(ctx context.Context, o object, dir string) (string, error) {
	name := path.Base(o.key)
	if name == "." || name == ".." || strings.ContainsAny(name, `\:`+"\x00") {
		name = "object" + path.Ext(strings.Map(func(r rune) rune {
			if strings.ContainsRune(`\:`+"\x00", r) {
				return '_'
			}
			return r
		}, name))
	}
	to := filepath.Join(dir, name)
	for try := 1; ; try++ {
		err := b.save(ctx, o, to)
		if err == nil || ctx.Err() != nil {
			return to, err
		}
		var refused *storeError
		if errors.As(err, &refused) || try == storeTries {
			return "", err
		}
		if err := b.sleep(ctx, time.Second<<try); err != nil {
			return "", err
		}
	}
}

func (b *bucket) save(ctx context.Context, o object, to string) error {
	var match http.Header
	if o.tag != "" {
		match = http.Header{"If-Match": {`"` + o.tag + `"`}} // what was listed, not what came after
	}
	body, err := b.get(ctx, o.key, nil, match)
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, body)
	if err == nil && n != o.size {
		err = fmt.Errorf("%d bytes came, %d were listed", n, o.size)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", o.origin, err)
	}
	return nil
}

// storeError is a refusal by the store, which asking again does not change.
type storeError struct{ what string }

func (e *storeError) Error() string { return e.what }

// get asks for an object, or for the listing where the key is empty. Faults that pass are tried again.
func (b *bucket) get(ctx context.Context, key string, q url.Values, header http.Header) (io.ReadCloser, error) {
	for try := 1; ; try++ {
		body, wait, err := b.once(ctx, key, q, header)
		if err == nil {
			return body, nil
		}
		var refused *storeError
		if errors.As(err, &refused) || ctx.Err() != nil || try == storeTries {
			return nil, err
		}
		if err := b.sleep(ctx, max(wait, time.Second<<try)); err != nil {
			return nil, err
		}
	}
}

func (b *bucket) once(ctx context.Context, key string, q url.Values, header http.Header) (io.ReadCloser, time.Duration, error) {
	u := *b.base
	u.RawPath, u.Path = b.base.EscapedPath()+"/"+uriEncode(key, true), b.base.Path+"/"+key
	u.RawQuery = canonicalQuery(q)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, 0, err
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("User-Agent", "deskproof")
	r.Header.Set("Accept-Encoding", "identity") // a packed file is kept as it is
	if b.id != "" {
		b.sign(r, u.EscapedPath(), u.RawQuery)
	}
	res, err := b.http.Do(r)
	what := "s3://" + b.name + "/" + key
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // its own text holds the query
		}
		if strings.Contains(err.Error(), "set AWS_REGION") {
			return nil, 0, &storeError{what + ": " + err.Error()}
		}
		return nil, 0, fmt.Errorf("%s: %w", what, err)
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, 0, nil
	}
	defer res.Body.Close()
	var said struct{ Code, Message string }
	_ = xml.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&said) // without it the status says enough
	msg := fmt.Sprintf("%s: HTTP %d", what, res.StatusCode)
	if said.Code != "" {
		msg += fmt.Sprintf(" (%s: %.200s)", said.Code, said.Message)
	}
	switch res.StatusCode {
	case http.StatusForbidden, http.StatusUnauthorized:
		msg += ": asked as " + b.account() + "; the right to list the bucket and to get its objects is needed"
	case http.StatusPreconditionFailed:
		msg += ": it was replaced after it was listed; the next run reads it"
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect:
		msg += ": the bucket is in another region: set AWS_REGION to it"
	}
	if res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusRequestTimeout {
		wait, _ := time.ParseDuration(res.Header.Get("Retry-After") + "s")
		return nil, min(wait, 10*time.Minute), errors.New(msg)
	}
	return nil, 0, &storeError{msg}
}

// emptyHash is the SHA-256 of no content.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// sign signs a request without content by Amazon's Signature Version 4.
func (b *bucket) sign(r *http.Request, escapedPath, query string) {
	at := b.now().UTC()
	stamp, day := at.Format("20060102T150405Z"), at.Format("20060102")
	r.Header.Set("X-Amz-Date", stamp)
	r.Header.Set("X-Amz-Content-Sha256", emptyHash)
	signed := map[string]string{"host": r.URL.Host, "x-amz-date": stamp, "x-amz-content-sha256": emptyHash}
	if b.ticket != "" {
		r.Header.Set("X-Amz-Security-Token", b.ticket)
		signed["x-amz-security-token"] = b.ticket
	}
	var names []string
	for n := range signed {
		names = append(names, n)
	}
	slices.Sort(names)
	headers := ""
	for _, n := range names {
		headers += n + ":" + signed[n] + "\n"
	}
	canonical := strings.Join([]string{r.Method, escapedPath, query, headers, strings.Join(names, ";"), emptyHash}, "\n")
	scope := day + "/" + b.region + "/s3/aws4_request"
	sum := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + b.key)
	for _, part := range []string{day, b.region, "s3", "aws4_request", text} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s", b.id, scope, strings.Join(names, ";"), hex.EncodeToString(key)))
}

// canonicalQuery is a query in the order and with the escapes that the signature wants.
func canonicalQuery(q url.Values) string {
	var out []string
	for k, vs := range q {
		for _, v := range vs {
			out = append(out, uriEncode(k, false)+"="+uriEncode(v, false))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "&")
}

// uriEncode escapes everything but the unreserved signs of RFC 3986, and the slash where it parts a path.
func uriEncode(s string, slash bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0, slash && c == '/':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
