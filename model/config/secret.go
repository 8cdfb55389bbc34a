package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"deskproof/model/strictyaml"
)

// Secret is a reference to a secret: env:NAME (environment), file:PATH (first line of a file) or keyring:NAME (the
// keyring of the system, service deskproof, account NAME). The configuration never holds the secret itself.
type Secret struct {
	Kind string // env, file, keyring; empty = none
	Name string
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9_.@-]+$`)

// secretHint is what to write instead of a secret.
const secretHint = "write where it is: env:NAME for an environment variable, file:PATH for a file, keyring:NAME for the system keyring"

// UnmarshalStrict reads a reference. A secret that stands there in plain is refused, and not repeated in the message.
func (s *Secret) UnmarshalStrict(d *strictyaml.Decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	kind, name, ok := strings.Cut(n.Value, ":")
	if n.Kind != yaml.ScalarNode || !ok {
		d.Add(n, path, secretHint, "secrets do not belong into this file")
		return
	}
	switch kind {
	case "env", "keyring":
		ok = secretName.MatchString(name)
	case "file":
		ok = name != "" && !strings.ContainsRune(name, 0)
	default:
		ok = false
	}
	if !ok {
		d.Add(n, path, secretHint, "secrets do not belong into this file")
		return
	}
	*s = Secret{kind, name}
}

// Set is true when there is a reference.
func (s Secret) Set() bool { return s.Kind != "" }

// String is the reference, never the secret.
func (s Secret) String() string {
	if !s.Set() {
		return ""
	}
	return s.Kind + ":" + s.Name
}

// maxSecret is the size of the longest secret in bytes; a larger file is another file.
const maxSecret = 64 << 10

// Read fetches the secret; blanks around it are dropped. The error names the reference and what to do.
func (s Secret) Read(c *Config) (string, error) {
	var value string
	switch s.Kind {
	case "env":
		v, ok := os.LookupEnv(s.Name)
		if !ok || strings.TrimSpace(v) == "" {
			return "", fmt.Errorf("the environment variable %s is not set: set it before calling deskproof", s.Name)
		}
		value = v
	case "file":
		info, err := os.Stat(c.Path(s.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s: there is no such file", s)
		}
		if err == nil && (info.IsDir() || info.Size() > maxSecret) {
			return "", fmt.Errorf("%s is not a file with a secret", s)
		}
		b, err := os.ReadFile(c.Path(s.Name))
		if err != nil {
			return "", fmt.Errorf("%s cannot be read: give yourself the right to read it", s)
		}
		value = string(b)
	case "keyring":
		v, err := fromKeyring(s.Name)
		if err != nil {
			return "", err
		}
		value = v
	default:
		return "", errors.New("no secret is configured")
	}
	value = strings.TrimSpace(strings.TrimPrefix(value, "\ufeff"))
	if value == "" {
		return "", fmt.Errorf("%s is empty", s)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return "", fmt.Errorf("%s holds more than one line: keep nothing but the secret there", s)
	}
	return value, nil
}

// keyringService is the name under which the keyring keeps the secrets of deskproof.
const keyringService = "deskproof"

// keyringPatience is how long the keyring is waited for: it may ask a person to unlock it.
var keyringPatience = 2 * time.Minute

// fromKeyring asks the keyring of the system with the program that belongs to it.
func fromKeyring(name string) (string, error) {
	if runtime.GOOS == "windows" {
		return fromCredentials(name)
	}
	ask := []string{"secret-tool", "lookup", "service", keyringService, "account", name}
	store := fmt.Sprintf("secret-tool store --label=%s service %s account %s", keyringService, keyringService, name)
	if runtime.GOOS == "darwin" {
		ask = []string{"security", "find-generic-password", "-s", keyringService, "-a", name, "-w"}
		store = fmt.Sprintf("security add-generic-password -s %s -a %s -w", keyringService, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyringPatience)
	defer cancel()
	c := exec.CommandContext(ctx, ask[0], ask[1:]...)
	c.WaitDelay = time.Second // a child of the program may hold its output open
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	var left *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("keyring:%s: the program %s is not installed, which asks the keyring: install it, or use `env:` or `file:` instead", name, ask[0])
	case ctx.Err() != nil:
		return "", fmt.Errorf("keyring:%s: the keyring did not answer within %s, perhaps because it is locked: unlock it, or use `env:` or `file:` instead", name, keyringPatience)
	case err == nil && len(out) > 0:
		return string(out), nil
	case err == nil || errors.As(err, &left) && nothingFound(left.ExitCode(), said.String()):
		return "", fmt.Errorf("keyring:%s: the keyring holds nothing under this name: `%s` puts it there", name, store)
	}
	why := strings.TrimPrefix(firstLine(said.String()), ask[0]+": ")
	if why == "" {
		why = err.Error()
	}
	return "", fmt.Errorf("keyring:%s: the keyring cannot be asked (%s says: %s). A keyring belongs to a person who is logged in; a service or a server without a desktop has none: use `env:` or `file:` there", name, ask[0], why)
}

// nothingFound is true when the program says that the keyring could be asked and holds no such secret: secret-tool by
// saying nothing, security by its exit code (44, errSecItemNotFound).
func nothingFound(code int, said string) bool {
	if runtime.GOOS == "darwin" {
		return code == 44
	}
	return code == 1 && strings.TrimSpace(said) == ""
}

// firstLine is what fits into a message of what a program said.
func firstLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(strings.ToValidUTF8(said, "\uFFFD")), "\n")
	line = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, line)
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200]) + "…"
	}
	return strings.TrimRight(line, " .")
}
