//go:build tools

// Package programs names what is built, so that `go mod tidy` keeps what it needs.
package programs

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
