//go:build tools

// Package programs names what is built, so that `go mod tidy` keeps what it needs.
package programs

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
