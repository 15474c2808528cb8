{{/* The generated key: the cluster's copy when there is one, else made once per rendering. */}}
{{- define "colonnade.generatedSecretKey" -}}
{{- if not (hasKey .Values "generatedSecretKey") -}}
{{- $name := include "colonnade.shortName" (dict "root" . "suffix" "secret-key") -}}
{{- $found := lookup "v1" "Secret" (include "colonnade.namespace" .) $name -}}
{{- $key := randAlphaNum 64 -}}
{{- if $found -}}{{- $key = index $found.data "secret-key" | b64dec -}}{{- end -}}
{{- $_ := set .Values "generatedSecretKey" $key -}}
{{- end -}}
{{- .Values.generatedSecretKey -}}
{{- end -}}

{{/* The bundled server's password: given, kept, or new. A new one beside an old volume would lock everyone out. */}}
{{- define "colonnade.postgresqlPassword" -}}
{{- if .Values.postgresql.auth.password -}}{{- .Values.postgresql.auth.password -}}
{{- else -}}
{{- if not (hasKey .Values "generatedPassword") -}}
{{- $name := include "colonnade.postgresqlName" . -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $found := lookup "v1" "Secret" $ns $name -}}
{{- $password := randAlphaNum 32 -}}
{{- if $found -}}
{{- $password = index $found.data "password" | b64dec -}}
{{- else if lookup "v1" "PersistentVolumeClaim" $ns (printf "data-%s-0" $name) -}}
{{- fail (printf "The volume claim data-%s-0 holds a database, but the Secret %s with its password is gone. Set postgresql.auth.password (or existingSecret) to its password, or delete the claim to start anew." $name $name) -}}
{{- end -}}
{{- $_ := set .Values "generatedPassword" $password -}}
{{- end -}}
{{- .Values.generatedPassword -}}
{{- end -}}
{{- end -}}

{{- define "colonnade.postgresqlName" -}}
{{- include "colonnade.shortName" (dict "root" . "suffix" "postgresql" "max" 52) -}}
{{- end -}}

{{/* data of the Secret with what values.yaml itself holds: (dict "root" $ "superuser" bool) */}}
{{- define "colonnade.ownCredentials" -}}
{{- range include "colonnade.credentials" . | fromYamlArray }}
{{- if hasKey . "value" }}
{{ .key }}: {{ .value | b64enc }}
{{- end }}
{{- end }}
{{- end -}}
