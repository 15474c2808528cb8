{{/* The generated key: the one in the cluster if it exists, otherwise a new one, generated once per rendering. A live
     release never gets another key: its pods would sign with two. */}}
{{- define "colonnade.generatedSecretKey" -}}
{{- if not (hasKey .Values "generatedSecretKey") -}}
{{- $name := include "colonnade.shortName" (dict "root" . "suffix" "secret-key") -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $full := include "colonnade.fullname" . -}}
{{- $found := lookup "v1" "Secret" $ns $name -}}
{{- if and (not $found) (lookup "apps/v1" "Deployment" $ns $full) -}}
{{- fail (printf "The Secret %s with the generated key does not exist, but the pods of %s use a key. Create it with their key: kubectl -n %s create secret generic %s --from-literal=secret-key=\"$(kubectl -n %s exec deploy/%s -c web -- cat /run/secrets/colonnade/SECRET_KEY)\" (or set django.secretKey or django.existingSecret)" $name $full $ns $name $ns $full) -}}
{{- end -}}
{{- $key := randAlphaNum 64 -}}
{{- if $found -}}{{- $key = index $found.data "secret-key" | b64dec -}}{{- end -}}
{{- $_ := set .Values "generatedSecretKey" $key -}}
{{- end -}}
{{- .Values.generatedSecretKey -}}
{{- end -}}

{{/* The password of the bundled server: from the values, from the cluster, or new. A new password does not match an existing volume. */}}
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
{{- fail (printf "The volume claim data-%s-0 contains a database, but the Secret %s with its password does not exist. Set postgresql.auth.password (or postgresql.auth.existingSecret) to its password, or delete the claim to start with an empty database." $name $name) -}}
{{- end -}}
{{- $_ := set .Values "generatedPassword" $password -}}
{{- end -}}
{{- .Values.generatedPassword -}}
{{- end -}}
{{- end -}}

{{/* The password of the pods' role: from the values, from the cluster, or new. */}}
{{- define "colonnade.podsRolePassword" -}}
{{- $given := .Values.database.rowSecurity.password -}}
{{- if $given -}}{{- $given -}}
{{- else -}}
{{- if not (hasKey .Values "generatedRolePassword") -}}
{{- $found := lookup "v1" "Secret" (include "colonnade.namespace" .) (include "colonnade.podsRoleName" .) -}}
{{- $_ := set .Values "generatedRolePassword" (ternary (dig "data" "password" "" $found | b64dec) (randAlphaNum 32) (not (empty $found))) -}}
{{- end -}}
{{- .Values.generatedRolePassword -}}
{{- end -}}
{{- end -}}

{{- define "colonnade.podsRoleName" -}}
{{- include "colonnade.shortName" (dict "root" . "suffix" "database-role") -}}
{{- end -}}

{{- define "colonnade.postgresqlName" -}}
{{- include "colonnade.shortName" (dict "root" . "suffix" "postgresql" "max" 52) -}}
{{- end -}}

{{/* The data of the Secret with the credentials in the values: (dict "root" $ "superuser" bool) */}}
{{- define "colonnade.ownCredentials" -}}
{{- range include "colonnade.credentials" . | fromYamlArray }}
{{- if hasKey . "value" }}
{{ .key }}: {{ .value | b64enc }}
{{- end }}
{{- end }}
{{- end -}}
