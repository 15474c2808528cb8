"""An OpenID provider in a process of its own: `oidc-provider-mock`, with what it lacks, and with faults on request."""
