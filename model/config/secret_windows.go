package config

import (
	"fmt"
	"syscall"
	"unsafe"
)

var (
	advapi   = syscall.NewLazyDLL("advapi32.dll")
	credRead = advapi.NewProc("CredReadW")
	credFree = advapi.NewProc("CredFree")
)

// credential is CREDENTIALW of wincred.h.
type credential struct {
	Flags, Type             uint32
	TargetName, Comment     *uint16
	LastWritten             syscall.Filetime
	BlobSize                uint32
	Blob                    *byte
	Persist, AttributeCount uint32
	Attributes              uintptr
	TargetAlias, UserName   *uint16
}

// fromCredentials asks the credential manager of Windows for the generic credential deskproof:NAME.
func fromCredentials(name string) (string, error) {
	target, err := syscall.UTF16PtrFromString(keyringService + ":" + name)
	if err != nil {
		return "", err
	}
	var c *credential
	const generic = 1
	if ok, _, _ := credRead.Call(uintptr(unsafe.Pointer(target)), generic, 0, uintptr(unsafe.Pointer(&c))); ok == 0 || c == nil {
		return "", fmt.Errorf("keyring:%s: the credential manager holds nothing under this name: `cmdkey /generic:%s:%s /user:deskproof /pass` puts it there", name, keyringService, name)
	}
	defer credFree.Call(uintptr(unsafe.Pointer(c)))
	blob := unsafe.Slice(c.Blob, c.BlobSize)
	// cmdkey writes UTF-16; other programs write bytes.
	if len(blob) >= 2 && len(blob)%2 == 0 && blob[1] == 0 {
		return syscall.UTF16ToString(unsafe.Slice((*uint16)(unsafe.Pointer(c.Blob)), len(blob)/2)), nil
	}
	return string(blob), nil
}
