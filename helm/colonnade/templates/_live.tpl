{{/* Compares the values with the release in the cluster. Renders nothing. Without access to the cluster (`helm template`,
     Argo CD, Flux with client-side rendering) `lookup` finds nothing, and nothing is checked. */}}
{{- define "colonnade.checkLive" -}}
{{- $v := .Values -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $type := $v.database.type -}}
{{- $web := default dict (lookup "apps/v1" "Deployment" $ns (include "colonnade.fullname" .)) -}}
{{- $before := dig "metadata" "annotations" (include "colonnade.databaseAnnotation" .) "" $web -}}
{{- if and $before (ne $before $type) (ne $before $v.database.switchedFrom) -}}
{{- fail (printf "database.type=%s: this release uses %s, and the new database does not have its data. Set database.type=%s to keep it. To change it, see docs/deploy.md, and set database.switchedFrom=%s." $type $before $before $before) -}}
{{- end -}}
{{- if eq $type "postgresql" -}}
{{- include "colonnade.checkLivePostgresql" . -}}
{{- end -}}
{{- end -}}

{{/* The image sets up role, database and password once, on an empty volume. */}}
{{- define "colonnade.checkLivePostgresql" -}}
{{- $a := .Values.postgresql.auth -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $name := include "colonnade.postgresqlName" . -}}
{{- $claim := default dict (lookup "v1" "PersistentVolumeClaim" $ns (printf "data-%s-0" $name)) -}}
{{- if and $claim (not (dig "metadata" "deletionTimestamp" "" $claim)) -}}
{{- $secret := default dict (lookup "v1" "Secret" $ns $name) -}}
{{- $password := dig "data" "password" "" $secret | b64dec -}}
{{- if and $a.password $password (ne $a.password $password) -}}
{{- fail (printf "postgresql.auth.password is not the password of the existing database. First change it there: kubectl -n %s exec -it %s-0 -- psql -U %s -d %s -c '\\password', then in the Secret %s (kubectl -n %s edit secret %s), then set the same value here." $ns $name $a.username $a.database $name $ns $name) -}}
{{- end -}}
{{- $server := lookup "apps/v1" "StatefulSet" $ns $name -}}
{{- if $server -}}
{{- $container := first $server.spec.template.spec.containers -}}
{{- range $container.env -}}
{{- $key := get (dict "POSTGRES_USER" "username" "POSTGRES_DB" "database") .name -}}
{{- if and $key (ne .value (get $a $key)) -}}
{{- fail (printf "postgresql.auth.%s=%s: the existing database was created with %q. Set that value, or rename it in the server and in the StatefulSet first." $key (get $a $key) .value) -}}
{{- end -}}
{{- end -}}
{{- $new := include "colonnade.image" (dict "root" . "image" .Values.postgresql.image "tag" "17") -}}
{{- $major := ":[0-9]+" -}}
{{- $old := regexFind ":[0-9]+[^/@]*$" $container.image | regexFind $major -}}
{{- $next := regexFind ":[0-9]+[^/@]*$" $new | regexFind $major -}}
{{- if and $old $next (ne $old $next) -}}
{{- fail (printf "postgresql.image.tag: PostgreSQL %s cannot read the volume of PostgreSQL %s. Make a dump, uninstall, delete the claim data-%s-0, install and restore (docs/deploy.md, \"A new major version of PostgreSQL\")." (trimPrefix ":" $next) (trimPrefix ":" $old) $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where the Deployment says which database the release uses. */}}
{{- define "colonnade.databaseAnnotation" -}}colonnade.github.io/database{{- end -}}
