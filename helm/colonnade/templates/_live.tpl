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
{{- $claims := dict -}}
{{- if include "colonnade.hasMediaVolume" . -}}{{- $_ := set $claims "media" $v.persistence.media -}}{{- end -}}
{{- if eq $type "sqlite" -}}{{- $_ := set $claims "data" $v.persistence.data -}}{{- end -}}
{{- range $suffix, $wanted := $claims -}}
{{- if not $wanted.existingClaim -}}
{{- include "colonnade.checkLiveClaim" (dict "root" $ "suffix" $suffix "wanted" $wanted "path" (printf "persistence.%s" $suffix)) -}}
{{- end -}}
{{- end -}}
{{- if and (include "colonnade.backupToClaim" .) (not $v.backup.persistence.existingClaim) -}}
{{- include "colonnade.checkLiveBackup" . -}}
{{- end -}}
{{- end -}}

{{/* Kubernetes lets a bound claim grow and changes nothing else of a claim; Helm would have changed other objects before it
     says so. (dict "root" $ "suffix" "media" "wanted" dict "path" "persistence.media") */}}
{{- define "colonnade.checkLiveClaim" -}}
{{- $ns := include "colonnade.namespace" .root -}}
{{- $name := include "colonnade.shortName" (dict "root" .root "suffix" .suffix) -}}
{{- $claim := include "colonnade.liveClaim" (list $ns $name) | fromYaml -}}
{{- if $claim -}}
{{- $remedy := "Set the value of the existing claim, or copy its files into a claim of your own and set existingClaim." -}}
{{- $size := $claim.spec.resources.requests.storage -}}
{{- $wanted := include "colonnade.text" .wanted.size -}}
{{- $change := include "colonnade.compareSizes" (list $wanted $size) -}}
{{- if ne (dig "status" "phase" "" $claim) "Bound" -}}
{{- $remedy = printf "The claim has no volume yet: delete it (kubectl -n %s delete pvc %s), and repeat the upgrade." $ns $name -}}
{{- if $change -}}
{{- fail (printf "%s.size=%s: the claim %s has %s, and the size of a claim without a volume cannot change. %s" .path $wanted $name $size $remedy) -}}
{{- end -}}
{{- end -}}
{{- include "colonnade.checkLiveVolume" (dict "root" .root "live" $claim.spec "wanted" .wanted "path" .path "remedy" $remedy) -}}
{{- /* An expansion that the storage has not carried out may be made smaller, down to the size that the volume has. */ -}}
{{- $least := dig "status" "capacity" "storage" $size $claim -}}
{{- if and (eq $change "smaller") (ne (include "colonnade.compareSizes" (list $wanted $least)) "larger") -}}
{{- fail (printf "%s.size=%s: the claim %s has %s, and a claim cannot become smaller. Set size=%s." .path $wanted $name $size $size) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The release writes the claim of backups once, so that a larger value would have no effect. */}}
{{- define "colonnade.checkLiveBackup" -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $wanted := include "colonnade.text" .Values.backup.persistence.size -}}
{{- $name := include "colonnade.shortName" (dict "root" . "suffix" "backup") -}}
{{- $claim := include "colonnade.liveClaim" (list $ns $name) | fromYaml -}}
{{- if $claim -}}
{{- $size := $claim.spec.resources.requests.storage -}}
{{- if eq (include "colonnade.compareSizes" (list $wanted $size)) "larger" -}}
{{- $command := printf "patch pvc %s -p '{\"spec\": {\"resources\": {\"requests\": {\"storage\": \"%s\"}}}}'" $name $wanted -}}
{{- if ne (dig "status" "phase" "" $claim) "Bound" -}}{{- $command = printf "delete pvc %s (it has no volume yet)" $name -}}{{- end -}}
{{- fail (printf "backup.persistence.size=%s: the claim %s has %s, and no release changes it after its creation. First: kubectl -n %s %s" $wanted $name $size $ns $command) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A claim that is there and is not being deleted, or nothing: (list namespace name) */}}
{{- define "colonnade.liveClaim" -}}
{{- $claim := default dict (lookup "v1" "PersistentVolumeClaim" (first .) (last .)) -}}
{{- if and $claim (not (dig "metadata" "deletionTimestamp" "" $claim)) -}}{{ toYaml $claim }}{{- end -}}
{{- end -}}

{{/* Class and access modes: (dict "root" $ "live" spec "wanted" dict "path" "persistence.media" "remedy" "…" "template" bool).
     A claim has its default class in its spec, so a class that is not set is no change, and a claim that has none yet may get
     one; a template has what was set. */}}
{{- define "colonnade.checkLiveVolume" -}}
{{- $class := default .root.Values.global.storageClass .wanted.storageClass -}}
{{- $there := default "" .live.storageClassName -}}
{{- $isSet := and $class (hasKey .live "storageClassName") -}}
{{- if and (or $isSet .template) (ne (ternary "" $class (eq $class "-")) $there) -}}
{{- fail (printf "%s.storageClass=%q: the existing claim has %q, and the class of a claim cannot change. %s" (ternary .path "global" (or (not (empty .wanted.storageClass)) (empty $class))) $class $there .remedy) -}}
{{- end -}}
{{- if ne (toJson .wanted.accessModes) (toJson .live.accessModes) -}}
{{- fail (printf "%s.accessModes=%s: the existing claim has %s, and the modes of a claim cannot change. %s" .path (toJson .wanted.accessModes) (toJson .live.accessModes) .remedy) -}}
{{- end -}}
{{- end -}}

{{/* Whether the first quantity is "smaller" or "larger" than the second; empty: the same. The API server may write 1024Mi
     as 1Gi. */}}
{{- define "colonnade.compareSizes" -}}
{{- $bytes := list -}}
{{- $units := dict "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 -}}
{{- range . -}}
{{- $text := include "colonnade.text" . -}}
{{- $unit := regexFind "[KMGTPE]i$|[mkMGTPE]$" $text -}}
{{- $bytes = append $bytes (mulf (trimSuffix $unit $text | float64) (default 1.0 (get $units $unit))) -}}
{{- end -}}
{{- if lt (first $bytes) (last $bytes) -}}smaller{{- else if gt (first $bytes) (last $bytes) -}}larger{{- end -}}
{{- end -}}

{{/* The image sets up role, database and password once, on an empty volume. */}}
{{- define "colonnade.checkLivePostgresql" -}}
{{- $a := .Values.postgresql.auth -}}
{{- $ns := include "colonnade.namespace" . -}}
{{- $name := include "colonnade.postgresqlName" . -}}
{{- $claim := include "colonnade.liveClaim" (list $ns (printf "data-%s-0" $name)) | fromYaml -}}
{{- if $claim -}}
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
{{- /* Of a StatefulSet, not even the size of its claims can change. */ -}}
{{- $template := (first $server.spec.volumeClaimTemplates).spec -}}
{{- $p := .Values.postgresql.persistence -}}
{{- $remedy := "Set the value of the existing claim, or make a dump, uninstall, delete the claim, install and restore (docs/deploy.md)." -}}
{{- if ne (dig "status" "phase" "" $claim) "Bound" -}}
{{- $remedy = printf "The claim has no volume yet: kubectl -n %s delete statefulset/%s pvc/data-%s-0, and repeat the upgrade." $ns $name $name -}}
{{- end -}}
{{- include "colonnade.checkLiveVolume" (dict "root" . "live" $template "wanted" $p "path" "postgresql.persistence" "remedy" $remedy "template" true) -}}
{{- $size := $template.resources.requests.storage -}}
{{- if include "colonnade.compareSizes" (list $p.size $size) -}}
{{- $remedy = ternary "Follow UPGRADING.md, \"A larger volume of the bundled PostgreSQL\"." $remedy (eq (dig "status" "phase" "" $claim) "Bound") -}}
{{- fail (printf "postgresql.persistence.size=%s: the StatefulSet %s has %s, and Kubernetes does not change it there. Set size=%s. %s" (include "colonnade.text" $p.size) $name $size $size $remedy) -}}
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
