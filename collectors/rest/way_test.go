package rest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deskproof/collectors/rest"
	"deskproof/collectors/rest/resttest"
)

// one collects one record from list.
var one = list(rest.List{Records: "items", Style: rest.Link{}})

// TestProxyChild is the process that TestProxies starts: the environment is read once by a process.
func TestProxyChild(t *testing.T) {
	url := os.Getenv("DESK_PROXIED")
	if url == "" {
		t.Skip("this is a part of TestProxies")
	}
	text, d := askAt(t, url, rest.Tool{}, os.Getenv("DESK_PROXIED_KEYS"), one)
	fmt.Println(text)
	fmt.Println("stored:", d.Rows("SELECT key FROM raw_record"))
	fmt.Println(d.Everything())
}

// TestProxies collects through a proxy, from hosts whose names nobody but the proxy knows.
func TestProxies(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	tool := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+resttest.Token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `{"items":[{"id":7}]}`)
	}
	inner := httptest.NewTLSServer(http.HandlerFunc(tool))
	defer inner.Close()
	var mu sync.Mutex
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+r.Host)
		mu.Unlock()
		switch {
		case r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("desk:pr0xy-pass")):
			w.WriteHeader(http.StatusProxyAuthRequired)
		case strings.HasPrefix(r.Host, "forbidden.example"):
			w.WriteHeader(http.StatusForbidden)
		case r.Method == http.MethodConnect:
			tunnel(w, inner.Listener.Addr().String())
		default:
			tool(w, r)
		}
	}))
	defer proxy.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, ca, inner.Certificate().Raw)
	address := proxy.Listener.Addr().String()
	closed := httptest.NewServer(nil)
	nobody := closed.Listener.Addr().String()
	closed.Close()

	login := "http://desk:pr0xy-pass@" + address
	const stored = "stored: [7]"
	for _, c := range []struct{ name, url, keys, proxy, none, want, seen string }{
		{"http", "http://tool.example", "", login, "", stored, "GET tool.example"},
		{"https", "https://example.com", "ca_file: " + ca, login, "", stored, "CONNECT example.com:443"},
		{"not for this host", "http://direct.example", "", login, "direct.example", "stored: []", ""},
		{"not for this domain", "https://desk.direct.example", "", login, "other.example,.direct.example", "stored: []", ""},
		{"no login, http", "http://tool.example", "", "http://" + address, "", "the proxy on the way asks for credentials of its own", "GET tool.example"},
		{"no login, https", "https://example.com", "", "http://" + address, "", "the proxy " + address + " asks for credentials of its own (HTTP 407): write them into the environment variable HTTPS_PROXY", "CONNECT example.com:443"},
		{"not let through", "https://forbidden.example", "", login, "", "the proxy " + address + " does not let through to forbidden.example:443 (HTTP 403 Forbidden)", "CONNECT forbidden.example:443"},
		{"the proxy is down", "http://tool.example", "", "http://desk:pr0xy-pass@" + nobody, "", "the proxy " + nobody + ", which the environment variable HTTP_PROXY names, does not answer", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			mu.Lock()
			seen = nil
			mu.Unlock()
			cmd := exec.Command(os.Args[0], "-test.run=^TestProxyChild$", "-test.v", "-test.timeout=1m")
			cmd.Env = []string{"HTTP_PROXY=" + c.proxy, "HTTPS_PROXY=" + c.proxy, "NO_PROXY=" + c.none, "DESK_PROXIED=" + c.url, "DESK_TOKEN=" + resttest.Token,
				"DESK_PROXIED_KEYS=token: env:DESK_TOKEN\ntimeout: 3s\n" + c.keys}
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); !strings.HasSuffix(strings.ToUpper(name), "_PROXY") && !strings.HasPrefix(name, "DESK_") {
					cmd.Env = append(cmd.Env, v)
				}
			}
			out, err := cmd.CombinedOutput()
			text := string(out)
			if err != nil || !strings.Contains(text, c.want) || strings.Contains(c.want, "proxy") && !strings.Contains(text, "stored: []") {
				t.Errorf("%v; want %s\n%s", err, c.want, text)
			}
			if strings.Contains(text, "pr0xy-pass") || strings.Contains(text, resttest.Token) {
				t.Errorf("a secret is told:\n%s", text)
			}
			mu.Lock()
			defer mu.Unlock()
			if c.seen == "" && len(seen) > 0 || c.seen != "" && (len(seen) == 0 || seen[0] != c.seen) {
				t.Errorf("the proxy was asked for %q, want %s", seen, c.seen)
			}
		})
	}
}

// tunnel passes bytes between who asks a proxy and a server.
func tunnel(w http.ResponseWriter, to string) {
	there, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	here, _, err := h.Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, here)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
	_ = here.Close()
}

func writePEM(t *testing.T, path string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCertificates asks servers with certificates of several kinds, without and with the certificate of their authority.
func TestCertificates(t *testing.T) {
	issue := func(change func(*x509.Certificate), parent *tls.Certificate) tls.Certificate {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"Example IT"}, CommonName: "desk\n.example"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		change(x)
		signer, by := any(key), x
		if parent != nil {
			signer, by = parent.PrivateKey, parent.Leaf
		}
		der, err := x509.CreateCertificate(rand.Reader, x, by, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	}
	authority := issue(func(x *x509.Certificate) {
		x.IsCA, x.KeyUsage, x.Subject = true, x509.KeyUsageCertSign, pkix.Name{Organization: []string{"Example Authority"}}
	}, nil)
	valid := issue(func(*x509.Certificate) {}, &authority)
	self := issue(func(x *x509.Certificate) { x.IsCA = true }, nil)
	other := issue(func(x *x509.Certificate) {
		x.IPAddresses, x.DNSNames = nil, []string{"desk.example", "help.example"}
	}, &authority)
	expired := issue(func(x *x509.Certificate) {
		x.NotBefore, x.NotAfter = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}, &authority)

	dir := t.TempDir()
	trusted, own := filepath.Join(dir, "authority.pem"), filepath.Join(dir, "self.pem")
	writePEM(t, trusted, authority.Certificate[0])
	writePEM(t, own, self.Certificate[0])
	const refused, whole = "the certificate is not accepted: 127.0.0.1 shows a certificate that was issued by ", "complete"
	for _, c := range []struct {
		name string
		cert tls.Certificate
		keys string
		want string
	}{
		{"an authority of one's own", valid, "", refused + "O=Example Authority, which this machine does not know. Ask whoever runs the tool for the certificate of its authority (a PEM file), and name that file under ca_file"},
		{"an authority of one's own, named", valid, "ca_file: " + trusted, whole},
		{"self-signed", self, "", "itself, and by no authority that this machine knows"},
		{"self-signed, named", self, "ca_file: " + own, whole},
		{"self-signed, another one named", self, "ca_file: " + trusted, refused},
		{"of another host", other, "ca_file: " + trusted, "it is made out to desk.example, help.example, not to 127.0.0.1. Write the name"},
		{"out of date", expired, "ca_file: " + trusted, "it is valid from 2025-01-01 00:00 UTC to 2026-01-01 00:00 UTC. Whoever runs the tool has to renew it"},
		{"nobody looks", self, "accept_any_certificate: true", "nobody checked that the answers come from"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"items":[{"id":7}]}`) }))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			text, d := askAt(t, s.URL, rest.Tool{}, "timeout: 5s\n"+c.keys, one)
			got, want := len(d.Rows("SELECT key FROM raw_record")), 0
			if c.want == whole || strings.Contains(c.keys, "any") {
				want = 1
			}
			if got != want || c.want != whole && !strings.Contains(text, c.want) || d.Slept > 0 || strings.Contains(text, "desk\n") {
				t.Errorf("%d records, waited %s\n%s\nwant %s", got, d.Slept, text, c.want)
			}
		})
	}
	t.Run("no https there", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer s.Close()
		text, _ := askAt(t, strings.Replace(s.URL, "http:", "https:", 1), rest.Tool{}, "timeout: 5s", func(ctx context.Context, r *rest.Run) error {
			_, err := r.Client.Get(ctx, "x", nil)
			return err
		})
		if !strings.Contains(text, "does not speak https: does the address begin with http:") {
			t.Error(text)
		}
	})
}
