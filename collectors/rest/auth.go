package rest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskproof/model/config"
)

// Scheme is a way to log in. Needs are keys of the source; the scheme is chosen when all of them are configured.
type Scheme struct {
	Needs []string
	Doc   string // what the keys are, for people
	// Sign puts the credentials into a request.
	Sign func(r *http.Request, k Keys)
	// Login gets a session or an access token, which Sign finds in k.Session, and says when it ends (zero = it does not
	// tell: it is renewed when the tool refuses it). nil: there is nothing to get.
	Login func(ctx context.Context, c *Client, k Keys) (session string, until time.Time, err error)
	// Logout ends the session; nil: nothing to do. It is called once, with a context of its own.
	Logout func(ctx context.Context, c *Client)
}

// Keys are the credentials of a source. They must not reach any text that a person or a file gets.
type Keys struct {
	User, ClientID                string
	Token, Password, ClientSecret string
	Session                       string
}

// Anonymous asks without credentials.
func Anonymous() Scheme { return Scheme{Sign: func(*http.Request, Keys) {}} }

// Header sends the token in a header, behind a prefix: Header("Authorization", "Bearer ", …).
func Header(name, prefix, doc string) Scheme {
	return Scheme{Needs: []string{"token"}, Doc: doc, Sign: func(r *http.Request, k Keys) { r.Header.Set(name, prefix+k.Token) }}
}

// Bearer sends the token as RFC 6750 says.
func Bearer(doc string) Scheme { return Header("Authorization", "Bearer ", doc) }

// Basic sends login and password (RFC 7617).
func Basic(doc string) Scheme {
	return Scheme{Needs: []string{"user", "password"}, Doc: doc, Sign: func(r *http.Request, k Keys) { r.SetBasicAuth(k.User, k.Password) }}
}

// UserToken sends login and token as login and password; suffix is put behind the login.
func UserToken(suffix, doc string) Scheme {
	return Scheme{Needs: []string{"user", "token"}, Doc: doc, Sign: func(r *http.Request, k Keys) { r.SetBasicAuth(k.User+suffix, k.Token) }}
}

// ClientCredentials gets an access token with the OAuth 2 grant of that name (RFC 6749, 4.4) from a path of the tool.
func ClientCredentials(path, scope, doc string) Scheme {
	return oauth(path, doc, []string{"client_id", "client_secret"}, func(k Keys) url.Values {
		return url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
	})
}

// PasswordGrant gets an access token with login and password (RFC 6749, 4.3), for tools that offer nothing else.
func PasswordGrant(path, scope, doc string) Scheme {
	return oauth(path, doc, []string{"client_id", "client_secret", "user", "password"}, func(k Keys) url.Values {
		return url.Values{"grant_type": {"password"}, "scope": {scope}, "username": {k.User}, "password": {k.Password}}
	})
}

func oauth(path, doc string, needs []string, form func(Keys) url.Values) Scheme {
	return Scheme{Needs: needs, Doc: doc,
		Sign: func(r *http.Request, k Keys) { r.Header.Set("Authorization", "Bearer "+k.Session) },
		Login: func(ctx context.Context, c *Client, k Keys) (string, time.Time, error) {
			v := form(k)
			v.Set("client_id", k.ClientID)
			v.Set("client_secret", k.ClientSecret)
			if v.Get("scope") == "" {
				v.Del("scope")
			}
			r, err := c.Do(ctx, Request{Method: http.MethodPost, Path: path, Form: v, unsigned: true})
			if err != nil {
				return "", time.Time{}, err
			}
			var got struct {
				AccessToken string `json:"access_token"`
				ExpiresIn   int64  `json:"expires_in"`
			}
			if err := r.Into(&got); err != nil {
				return "", time.Time{}, err
			}
			if got.AccessToken == "" {
				return "", time.Time{}, errors.New("the answer to the login holds no access_token")
			}
			var until time.Time
			if got.ExpiresIn > 0 {
				until = c.now().Add(time.Duration(got.ExpiresIn)*time.Second - 30*time.Second)
			}
			return got.AccessToken, until, nil
		}}
}

// scheme chooses the way to log in by the configured keys.
func (t Tool) scheme(src *config.Source) (Scheme, error) {
	given := map[string]bool{"token": src.Token.Set(), "user": src.User != "", "password": src.Password.Set(),
		"client_id": src.ClientID != "", "client_secret": src.ClientSecret.Set()}
	var have []string
	for _, k := range []string{"token", "user", "password", "client_id", "client_secret"} {
		if given[k] {
			have = append(have, k)
		}
	}
	var ways []string
	for _, s := range t.Schemes {
		if slices.Equal(slices.Sorted(slices.Values(s.Needs)), slices.Sorted(slices.Values(have))) {
			return s, nil
		}
		way := "nothing at all"
		if len(s.Needs) > 0 {
			way = strings.Join(s.Needs, " and ")
		}
		ways = append(ways, way)
	}
	got := "nothing is given"
	if len(have) > 0 {
		got = strings.Join(have, " and ") + " given"
	}
	return Scheme{}, fmt.Errorf("%s needs to log in with %s; %s (secrets are written as env:NAME, file:PATH or keyring:NAME)", t.Name, strings.Join(ways, ", or "), got)
}

// readKeys fetches the secrets of a source.
func readKeys(cfg *config.Config, src *config.Source) (Keys, error) {
	k := Keys{User: src.User, ClientID: src.ClientID}
	var errs []error
	for _, x := range []struct {
		key  string
		from config.Secret
		to   *string
	}{{"token", src.Token, &k.Token}, {"password", src.Password, &k.Password}, {"client_secret", src.ClientSecret, &k.ClientSecret}} {
		if !x.from.Set() {
			continue
		}
		v, err := x.from.Read(cfg)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", x.key, err))
		}
		*x.to = v
	}
	return k, errors.Join(errs...)
}

// shortestSecret is the length from which a text is taken out of messages and records: a shorter one may stand
// anywhere by chance.
const shortestSecret = 5

// hidden is what stands in place of a secret.
const hidden = "[secret]"

// secretForms are a secret and the forms in which it travels.
func secretForms(k Keys) []string {
	var out []string
	add := func(s string) {
		if len(s) < shortestSecret {
			return
		}
		html, err := json.Marshal(s) // as JSON writes it, in the ways of several languages
		if err != nil {
			html = []byte(`""`)
		}
		quoted := string(html[1 : len(html)-1])
		for _, f := range []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)),
			quoted, strings.ReplaceAll(quoted, "/", `\/`), strings.ReplaceAll(s, "/", `\/`)} {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	for _, s := range []string{k.Token, k.Password, k.ClientSecret, k.Session} {
		add(s)
	}
	for _, s := range []string{k.Password, k.Token} {
		if k.User != "" && s != "" {
			add(base64.StdEncoding.EncodeToString([]byte(k.User + ":" + s)))
		}
	}
	// Longest first, so that no rest of a longer one stays.
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}
