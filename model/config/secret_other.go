//go:build !windows

package config

import "errors"

// fromCredentials asks the credential manager of Windows, which there is only there.
func fromCredentials(string) (string, error) {
	return "", errors.New("there is no credential manager on this system")
}
