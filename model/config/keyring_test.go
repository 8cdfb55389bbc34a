package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestKeyring puts a program in the place of the one that asks the keyring, and looks at what is asked and what becomes of
// each answer. None of the messages may show what the keyring holds.
func TestKeyring(t *testing.T) {
	program, args, missing := "secret-tool", "lookup service deskproof account DESK", "exit 1"
	switch runtime.GOOS {
	case "windows":
		t.Skip("Windows is asked without a program")
	case "darwin":
		program, args, missing = "security", "find-generic-password -s deskproof -a DESK -w", "echo 'security: the item could not be found' >&2; exit 44"
	}
	patience := keyringPatience
	defer func() { keyringPatience = patience }()
	for _, c := range []struct {
		name, script string
		patience     time.Duration
		want, wrong  string
	}{
		{name: "a secret", script: "printf 's3cr3t'", want: "s3cr3t"},
		{name: "a secret and an end of line", script: "echo s3cr3t; echo a warning >&2", want: "s3cr3t"},
		{name: "nothing", script: missing, wrong: "keyring:DESK: the keyring holds nothing under this name: `" + program},
		{name: "nothing, and no error either", script: "exit 0", wrong: "the keyring holds nothing under this name"},
		{name: "blanks", script: "echo '  '", wrong: "keyring:DESK is empty"},
		{name: "two lines", script: "echo s3cr3t; echo more", wrong: "keyring:DESK holds more than one line"},
		{name: "no session", script: "echo s3cr3t; echo '" + program + ": Cannot autolaunch D-Bus without X11 $DISPLAY' >&2; exit 1",
			wrong: "keyring:DESK: the keyring cannot be asked (" + program + " says: Cannot autolaunch D-Bus without X11 $DISPLAY). A keyring belongs to a person who is logged in"},
		{name: "a broken program", script: "kill -9 $$", wrong: "the keyring cannot be asked (" + program + " says: signal: killed)"},
		{name: "no answer", script: "exec sleep 60", patience: 200 * time.Millisecond, wrong: "did not answer within 200ms, perhaps because it is locked"},
		{name: "no program", wrong: "the program " + program + " is not installed, which asks the keyring: install it, or use `env:` or `file:` instead"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir+":/usr/bin:/bin")
			if c.script == "" {
				t.Setenv("PATH", dir)
			} else if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n[ \"$*\" = '"+args+"' ] || { echo \"asked: $*\" >&2; exit 9; }\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			keyringPatience = patience
			if c.patience > 0 {
				keyringPatience = c.patience
			}
			got, err := Secret{"keyring", "DESK"}.Read(nil)
			if c.wrong == "" {
				if err != nil || got != c.want {
					t.Errorf("%q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%q, %v; want %s", got, err, c.wrong)
			}
		})
	}
}

// TestRealKeyring asks the keyring of this machine, whatever it has of one, for what it does not hold: the answer is in words
// that say what to do.
func TestRealKeyring(t *testing.T) {
	patience := keyringPatience
	defer func() { keyringPatience = patience }()
	keyringPatience = 5 * time.Second
	_, err := Secret{"keyring", "deskproof-test-that-nobody-keeps"}.Read(nil)
	if err == nil {
		t.Fatal("it holds what nobody put there")
	}
	for _, part := range []string{"is not installed, which asks the keyring", "holds nothing under this name", "cannot be asked", "did not answer within"} {
		if strings.HasPrefix(err.Error(), "keyring:deskproof-test-that-nobody-keeps: ") && strings.Contains(err.Error(), part) {
			t.Log(err)
			return
		}
	}
	t.Errorf("it says only: %v", err)
}
