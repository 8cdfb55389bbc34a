package collectors

// Unregister takes a type away that a test registered.
func Unregister(name string) { delete(registry, name) }
