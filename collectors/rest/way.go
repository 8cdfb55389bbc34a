package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// What can be wrong on the way to a tool, in words: proxies and certificates.

// wayError is what a proxy on the way answers instead of the tool.
type wayError struct {
	said   string
	passes bool // asking once more may help
}

func (e *wayError) Error() string { return e.said }

func proxyVariable(scheme string) string { return strings.ToUpper(scheme) + "_PROXY" }

// refusedTunnel puts into words that a proxy does not let through to a tool that is asked with https.
func refusedTunnel(_ context.Context, proxy *url.URL, asked *http.Request, got *http.Response) error {
	if got.StatusCode == http.StatusOK {
		return nil
	}
	if got.StatusCode == http.StatusProxyAuthRequired {
		return &wayError{said: fmt.Sprintf("the proxy %s asks for credentials of its own (HTTP 407): write them into the environment variable HTTPS_PROXY, http://USER:PASSWORD@%s, or ask its administrator to let this machine through", proxy.Host, proxy.Host)}
	}
	return &wayError{fmt.Sprintf("the proxy %s does not let through to %s (HTTP %s): its administrator can allow it, or NO_PROXY names hosts that are reached without it", proxy.Host, asked.Host, got.Status),
		got.StatusCode >= 500}
}

// onTheWay tells what went wrong between here and the tool; said is empty when it was something else.
func (c *Client) onTheWay(err error) (said string, passes bool) {
	var way *wayError
	if errors.As(err, &way) {
		return way.said, way.passes
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		proxy := "the proxy"
		if u, err := http.ProxyFromEnvironment(&http.Request{URL: c.base}); err == nil && u != nil {
			proxy += " " + u.Host
		}
		proxy += ", which the environment variable " + proxyVariable(c.base.Scheme) + " names,"
		var dns *net.DNSError
		switch {
		case errors.As(err, &dns) && dns.IsNotFound:
			return proxy + " is not known: check its name", false
		case errors.Is(err, syscall.ECONNREFUSED):
			return proxy + " does not answer: is it running, and is its port right?", true
		}
		return proxy + " cannot be reached: " + op.Err.Error(), true
	}
	return c.certificate(err), false
}

// certificate tells why the certificate of the tool is not accepted, and what to do; empty when something else is wrong.
func (c *Client) certificate(err error) string {
	const begin = "the certificate is not accepted: "
	host := c.base.Hostname()
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var checked *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &unknown):
		issuer := "an authority that this machine does not know"
		if x := unknown.Cert; x != nil {
			issuer = plainName(x.Issuer.String()) + ", which this machine does not know"
			if bytes.Equal(x.RawIssuer, x.RawSubject) {
				issuer = plainName(x.Issuer.String()) + " itself, and by no authority that this machine knows"
			}
		}
		return begin + host + " shows a certificate that was issued by " + issuer + ". Ask whoever runs the tool for the certificate of its authority (a PEM file), and name that file under ca_file"
	case errors.As(err, &name):
		names := "other names"
		if x := name.Certificate; x != nil && len(x.DNSNames) > 0 {
			names = plainName(strings.Join(x.DNSNames[:min(len(x.DNSNames), 5)], ", "))
		}
		return begin + "it is made out to " + names + ", not to " + host + ". Write the name that it is made out to under url, or have a certificate made for " + host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		const day = "2006-01-02 15:04 UTC"
		return begin + "it is valid from " + invalid.Cert.NotBefore.UTC().Format(day) + " to " + invalid.Cert.NotAfter.UTC().Format(day) + ". Whoever runs the tool has to renew it, unless the clock of this machine is wrong"
	case errors.As(err, &checked):
		return begin + c.Hide(checked.Err.Error()) + " (ca_file names the certificate of your own authority)"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return c.base.Host + " does not speak https: does the address begin with http:, or is it another port?"
	case errors.As(err, &alert):
		return c.base.Host + " breaks off the encrypted connection (" + alert.Error() + "): it may ask for a certificate of this machine, or for a version of TLS below 1.2"
	}
	return ""
}

// plainName takes out of a name in a certificate, which anybody may write, what does not belong on a line.
func plainName(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s), "?")), " ")
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120]) + "…"
	}
	if s == "" {
		return "nobody named"
	}
	return s
}
