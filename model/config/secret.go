package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

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

// fromKeyring asks the keyring of the system with the program that belongs to it.
func fromKeyring(name string) (string, error) {
	var c *exec.Cmd
	store := ""
	switch runtime.GOOS {
	case "darwin":
		c = exec.Command("security", "find-generic-password", "-s", keyringService, "-a", name, "-w")
		store = fmt.Sprintf("security add-generic-password -s %s -a %s -w", keyringService, name)
	case "windows":
		return fromCredentials(name)
	default:
		c = exec.Command("secret-tool", "lookup", "service", keyringService, "account", name)
		store = fmt.Sprintf("secret-tool store --label=%s service %s account %s", keyringService, keyringService, name)
	}
	out, err := c.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("keyring:%s: the program %s is not installed, which asks the keyring: install it, or use `env:` or `file:` instead", name, c.Args[0])
	}
	if err != nil || len(out) == 0 {
		return "", fmt.Errorf("keyring:%s: the keyring holds nothing under this name: `%s` puts it there", name, store)
	}
	return string(out), nil
}
