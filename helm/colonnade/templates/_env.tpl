{{/* Every credential of the application. `key`: its key in `from.existingSecretKeys`. With "twitter" also the token for X,
     which only CronJobs read: a new token restarts no other pod. With "owner" also the URL of the database's owner. */}}
{{- define "colonnade.credentials" -}}
{{- $v := .root.Values -}}
{{- $all := list
  (dict "env" "SECRET_KEY" "value" $v.django.secretKey "from" $v.django "key" "secretKey" "generated" true)
  (dict "env" "SECRET_KEY_FALLBACKS" "value" (join "," $v.django.secretKeyFallbacks) "from" $v.django "key" "secretKeyFallbacks")
  (dict "env" "CACHE_URL" "value" $v.cache.url "from" $v.cache "key" "url")
  (dict "env" "EMAIL_URL" "value" $v.email.url "from" $v.email "key" "url")
  (dict "env" "STORAGE_URL" "value" $v.storage.url "from" $v.storage "key" "url")
  (dict "env" "SENTRY_DSN" "value" $v.sentry.dsn "from" $v.sentry "key" "dsn")
  (dict "env" "OIDC_CLIENT_SECRET" "value" $v.oidc.clientSecret "from" $v.oidc "key" "clientSecret")
  (dict "env" "HEALTH_TOKEN" "value" $v.health.token "from" $v.health "key" "token")
-}}
{{- if .twitter -}}
{{- $all = append $all (dict "env" "TWITTER_BEARER_TOKEN" "value" $v.twitter.bearerToken "from" $v.twitter "key" "bearerToken") -}}
{{- end -}}
{{- if .backup -}}
{{- $all = append $all (dict "env" "BACKUP_TARGET" "value" $v.backup.url "from" $v.backup "key" "url") -}}
{{- end -}}
{{- if and (eq $v.database.type "external") (ne $v.externalDatabase.sslRootCert "system") -}}
{{- $all = append $all (dict "env" "PGSSLROOTCERT" "value" $v.externalDatabase.sslRootCert "from" $v.externalDatabase "key" "sslRootCert") -}}
{{- end -}}
{{- if .superuser -}}
{{- $all = append $all (dict "env" "DJANGO_SUPERUSER_PASSWORD" "value" $v.superuser.password "from" $v.superuser "key" "password") -}}
{{- end -}}
{{- $out := list -}}
{{- $own := include "colonnade.shortName" (dict "root" .root "suffix" "credentials") -}}
{{- $generated := include "colonnade.shortName" (dict "root" .root "suffix" "secret-key") -}}
{{- if .predeploy -}}
{{- $own = include "colonnade.shortName" (dict "root" .root "suffix" "predeploy") -}}
{{- $generated = $own -}}
{{- end -}}
{{- range $all -}}
{{- $name := .env | lower | replace "_" "-" -}}
{{- if and .from.existingSecret (get .from.existingSecretKeys .key) -}}
{{- $out = append $out (dict "env" .env "secret" .from.existingSecret "key" (get .from.existingSecretKeys .key)) -}}
{{- else if .value -}}
{{- $out = append $out (dict "env" .env "secret" $own "key" $name "value" .value) -}}
{{- else if .generated -}}
{{- $out = append $out (dict "env" .env "secret" $generated "key" $name "generated" true) -}}
{{- end -}}
{{- end -}}
{{- range $database := list (include "colonnade.databaseCredential" . | fromYaml) (include "colonnade.podsDatabaseCredential" . | fromYaml) -}}
{{- if $database.secret -}}
{{- if eq $database.secret "@own" -}}{{- $_ := set $database "secret" $own -}}{{- end -}}
{{- $out = append $out $database -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* A `postgres://` URL from its parts, with or without the password: (dict "user" … "password" … "host" … "port" … "name" … "sslmode" …) */}}
{{- define "colonnade.databaseUrl" -}}
{{- $login := .user | urlquery | replace "+" "%20" -}}
{{- if .password -}}{{- $login = printf "%s:%s" $login (.password | urlquery | replace "+" "%20") -}}{{- end -}}
{{- $host := ternary (printf "[%s]" .host) .host (contains ":" .host) -}}
{{- printf "postgres://%s@%s:%d/%s" $login $host (int .port) (.name | urlquery) -}}
{{- with .sslmode }}?sslmode={{ . }}{{ end -}}
{{- end -}}

{{/* The variable with the URL of the database's owner. With row security the pods have a role of their own. */}}
{{- define "colonnade.ownerVariable" -}}
{{- ternary "MIGRATE_DATABASE_URL" "DATABASE_URL" .Values.database.rowSecurity.enabled -}}
{{- end -}}

{{/* The source of the pods' own database URL: nothing without row security. */}}
{{- define "colonnade.podsDatabaseCredential" -}}
{{- $r := .root.Values.database.rowSecurity -}}
{{- $found := dict -}}
{{- if $r.enabled -}}
{{- $found = dict "env" "DATABASE_URL" "secret" (include "colonnade.podsRoleName" .root) "key" "database-url" -}}
{{- if $r.existingSecret -}}
{{- $found = dict "env" "DATABASE_URL" "secret" $r.existingSecret "key" $r.existingSecretKeys.url -}}
{{- else if $r.url -}}
{{- $found = dict "env" "DATABASE_URL" "secret" "@own" "key" "database-url" "value" $r.url -}}
{{- else if .predeploy -}}
{{- $found = dict "env" "DATABASE_URL" "secret" "@own" "key" "database-url" -}}
{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{- define "colonnade.podsDatabaseUrl" -}}
{{- $v := .Values -}}
{{- $r := $v.database.rowSecurity -}}
{{- $where := dict "port" 5432 "name" $v.postgresql.auth.database "host" (include "colonnade.postgresqlName" .) -}}
{{- if eq $v.database.type "external" -}}
{{- $where = pick $v.externalDatabase "host" "port" "name" "sslmode" -}}
{{- else if eq $v.database.type "cnpg" -}}
{{- $database := "colonnade" -}}
{{- range $way := default dict $v.cnpg.spec.bootstrap -}}{{- $database = dig "database" $database (default dict $way) -}}{{- end -}}
{{- $where = dict "port" 5432 "name" $database "host" (printf "%s-rw" (include "colonnade.cnpgName" .)) -}}
{{- end -}}
{{- include "colonnade.databaseUrl" (merge (dict "user" $r.username "password" (include "colonnade.podsRolePassword" .)) $where) -}}
{{- end -}}

{{/* The source of a complete URL of the database's owner, if there is one; with row security for the release only. */}}
{{- define "colonnade.databaseCredential" -}}
{{- $v := .root.Values -}}
{{- $found := dict -}}
{{- if and $v.database.rowSecurity.enabled (not .owner) -}}
{{- else if eq $v.database.type "postgresql" -}}
{{- if not $v.postgresql.auth.existingSecret -}}
{{- $found = dict "secret" (include "colonnade.postgresqlName" .root) "key" "url" -}}
{{- end -}}
{{- else if eq $v.database.type "cnpg" -}}
{{- $found = dict "secret" (printf "%s-app" (include "colonnade.cnpgName" .root)) "key" $v.cnpg.urlKey -}}
{{- else if eq $v.database.type "external" -}}
{{- $e := $v.externalDatabase -}}
{{- $key := include "colonnade.ownerVariable" .root | lower | replace "_" "-" -}}
{{- if and $e.existingSecret $e.existingSecretKeys.url -}}
{{- $found = dict "secret" $e.existingSecret "key" $e.existingSecretKeys.url -}}
{{- else if $e.url -}}
{{- $found = dict "secret" "@own" "key" $key "value" $e.url -}}
{{- else if not $e.existingSecret -}}
{{- $found = dict "secret" "@own" "key" $key "value" (include "colonnade.databaseUrl" $e) -}}
{{- end -}}
{{- end -}}
{{- if $found -}}{{- $_ := set $found "env" (include "colonnade.ownerVariable" .root) -}}{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* The owner's URL without the password, and the password for libpq. Only used when a Secret has the password alone. */}}
{{- define "colonnade.databaseEnv" -}}
{{- $v := .root.Values -}}
{{- $name := include "colonnade.ownerVariable" .root -}}
{{- if and (eq $v.database.type "external") (eq $v.externalDatabase.sslRootCert "system") }}
- {name: PGSSLROOTCERT, value: system}
{{- end }}
{{- if eq $v.database.type "sqlite" }}
- {name: DATABASE_URL, value: "sqlite:////data/db.sqlite3"}
{{- else if and $v.database.rowSecurity.enabled (not .owner) }}
{{- else if and (eq $v.database.type "postgresql") $v.postgresql.auth.existingSecret }}
{{- $a := $v.postgresql.auth }}
- name: {{ $name }}
  value: {{ include "colonnade.databaseUrl" (dict "user" $a.username "host" (include "colonnade.postgresqlName" .root) "port" 5432 "name" $a.database) | quote }}
- name: PGPASSWORD
  valueFrom: {secretKeyRef: {name: {{ $a.existingSecret | quote }}, key: {{ $a.existingSecretKeys.password | quote }}}}
{{- else if and (eq $v.database.type "external") $v.externalDatabase.existingSecret (not $v.externalDatabase.existingSecretKeys.url) }}
{{- $e := $v.externalDatabase }}
- name: {{ $name }}
  value: {{ include "colonnade.databaseUrl" (omit $e "password") | quote }}
- name: PGPASSWORD
  valueFrom: {secretKeyRef: {name: {{ $e.existingSecret | quote }}, key: {{ $e.existingSecretKeys.password | quote }}}}
{{- end }}
{{- end -}}

{{/* The settings that are not secret. */}}
{{- define "colonnade.plainEnv" -}}
{{- $v := .root.Values -}}
{{- $full := include "colonnade.fullname" .root -}}
{{- $ns := include "colonnade.namespace" .root -}}
{{- $hosts := concat (list "localhost" $full (printf "%s.%s" $full $ns) (printf "%s.%s.svc" $full $ns) (printf "%s.%s.svc.%s" $full $ns $v.clusterDomain)) $v.django.allowedHosts -}}
- {name: DEBUG, value: {{ $v.django.debug | quote }}}
- {name: SITE_ID, value: {{ $v.django.siteId | int | quote }}}
{{- if and .sites (not $v.sitesExistingConfigMap) }}
{{- /* A file, so that a renamed site does not change the pod. */}}
- {name: SITE_DOMAIN_FILE, value: /etc/colonnade/site-domain}
{{- else }}
- {name: SITE_DOMAIN, value: {{ default "localhost" $v.django.siteDomain | quote }}}
{{- end }}
{{- with $v.django.mezzanineSiteId }}
- {name: MEZZANINE_SITE_ID, value: {{ . | int | quote }}}
{{- end }}
{{- with $v.django.adminHosts }}
- {name: ADMIN_HOSTS, value: {{ join "," . | quote }}}
{{- end }}
{{- with $v.django.analyticsHosts }}
- {name: ANALYTICS_HOSTS, value: {{ join "," . | quote }}}
{{- end }}
- {name: ALLOWED_HOSTS, value: {{ $hosts | uniq | join "," | quote }}}
{{- if $v.proxy.trustedCIDRs }}
- {name: TRUSTED_PROXIES, value: {{ join "," $v.proxy.trustedCIDRs | quote }}}
{{- else if ne $v.service.type "ClusterIP" }}
{{- /* SECURITY: the nodes replace visitors' addresses by their own, private ones. */}}
- {name: TRUSTED_PROXIES, value: "127.0.0.0/8,::1/128"}
{{- end }}
- {name: PROXY_HOPS, value: {{ $v.proxy.hops | int | quote }}}
- {name: DOMAIN_PROOF, value: {{ $v.django.domainProof | quote }}}
- {name: DOMAIN_QUARANTINE_DAYS, value: {{ $v.django.domainQuarantineDays | int | quote }}}
{{- with $v.django.dnsServers }}
- {name: DNS_SERVERS, value: {{ join "," . | quote }}}
{{- end }}
- {name: SITES_REFRESH_SECONDS, value: {{ $v.django.sitesRefreshSeconds | quote }}}
{{- with $v.apps }}
- {name: EXTRA_APPS, value: {{ join "," . | quote }}}
{{- end }}
{{- with $v.themesDirs }}
- {name: THEMES_DIRS, value: {{ join "," . | quote }}}
{{- end }}
{{- with $v.django.unknownHost.title }}
- {name: UNKNOWN_HOST_TITLE, value: {{ . | quote }}}
{{- end }}
{{- with $v.django.unknownHost.text }}
- {name: UNKNOWN_HOST_TEXT, value: {{ . | quote }}}
{{- end }}
- {name: UNKNOWN_HOST_LANGUAGE, value: {{ $v.django.unknownHost.language | quote }}}
- {name: AUDIT_DAYS, value: {{ $v.django.auditDays | int | quote }}}
- {name: PAGE_CACHE_SECONDS, value: {{ $v.django.pageCacheSeconds | int | quote }}}
- {name: PAGE_CACHE_MB, value: {{ $v.django.pageCacheMB | int | quote }}}
- {name: SECURE_SSL_REDIRECT, value: {{ include "colonnade.sslRedirect" .root | quote }}}
{{- with include "colonnade.sslExceptions" .root | fromYamlArray }}
- {name: SSL_REDIRECT_EXCEPT, value: {{ join "," . | quote }}}
{{- end }}
- {name: HSTS_SECONDS, value: {{ $v.django.hstsSeconds | int | quote }}}
- {name: REQUIRE_MFA, value: {{ $v.django.requireMFA | default "off" | quote }}}
- {name: LOG_FORMAT, value: {{ $v.django.logFormat | quote }}}
- {name: LOG_LEVEL, value: {{ $v.django.logLevel | quote }}}
- {name: DEFAULT_FROM_EMAIL, value: {{ $v.email.from | quote }}}
{{- with $v.oidc.url }}
- {name: OIDC_URL, value: {{ . | quote }}}
- {name: OIDC_CLIENT_ID, value: {{ $v.oidc.clientId | quote }}}
- {name: OIDC_NAME, value: {{ $v.oidc.name | quote }}}
- {name: OIDC_LINK_BY_EMAIL, value: {{ $v.oidc.linkByEmail | quote }}}
- {name: OIDC_ROLES_CLAIM, value: {{ $v.oidc.rolesClaim | quote }}}
- {name: OIDC_CREATE_USERS, value: {{ $v.oidc.createUsers | quote }}}
- {name: PASSWORD_SIGN_IN, value: {{ $v.oidc.passwordSignIn | quote }}}
{{- end }}
- {name: MEDIA_ROOT, value: /media}
- {name: MEDIA_MAX_MB, value: {{ $v.media.maxMB | int | quote }}}
- {name: MEDIA_SITE_MAX_MB, value: {{ $v.media.siteMaxMB | int | quote }}}
- {name: SENTRY_ENVIRONMENT, value: {{ $v.sentry.environment | quote }}}
- {name: SENTRY_TRACES_SAMPLE_RATE, value: {{ $v.sentry.tracesSampleRate | quote }}}
{{- if .twitter }}
- {name: TWITTER_API_URL, value: {{ $v.twitter.apiUrl | quote }}}
- {name: TWITTER_DAILY_READS, value: {{ $v.twitter.dailyReads | int | quote }}}
- {name: TWITTER_KEEP, value: {{ $v.twitter.keep | int | quote }}}
{{- end }}
{{- if and .backup (include "colonnade.backupToClaim" .root) }}
- {name: BACKUP_TARGET, value: /backup}
{{- end }}
- {name: METRICS_PORT, value: {{ ternary "9090" "0" $v.metrics.enabled | quote }}}
- {name: WEB_CONCURRENCY, value: {{ $v.gunicorn.workers | int | quote }}}
- {name: WEB_THREADS, value: {{ $v.gunicorn.threads | int | quote }}}
- {name: BIND, value: {{ $v.gunicorn.bind | quote }}}
{{- if $v.database.rowSecurity.enabled }}
- {name: DATABASE_ROW_SECURITY, value: "true"}
{{- end }}
- {name: DATABASE_WAIT_SECONDS, value: {{ $v.database.waitSeconds | int | quote }}}
{{- if .sites }}
- {name: SITES_FILE, value: /etc/colonnade/sites.yaml}
{{- end }}
{{- if .superuser }}
- {name: DJANGO_SUPERUSER_USERNAME, value: {{ $v.superuser.username | quote }}}
- {name: DJANGO_SUPERUSER_EMAIL, value: {{ $v.superuser.email | quote }}}
{{- end }}
{{- end -}}

{{/* env of one container, a YAML list, one entry per variable, the last wins: server-side apply refuses a name twice.
     NAME and NAME_FILE are one variable to the application, so an extra NAME replaces the chart's NAME_FILE; other
     variables are left as they are.
     (dict "root" $ "sites" bool "superuser" bool "predeploy" bool "twitter" bool "owner" bool) */}}
{{- define "colonnade.env" -}}
{{- $entries := concat (include "colonnade.plainEnv" . | fromYamlArray) (include "colonnade.databaseEnv" . | fromYamlArray) -}}
{{- range include "colonnade.credentials" . | fromYamlArray -}}
{{- /* libpq wants the path of the certificate itself. */ -}}
{{- $name := ternary .env (printf "%s_FILE" .env) (eq .env "PGSSLROOTCERT") -}}
{{- $entries = append $entries (dict "name" $name "value" (printf "/run/secrets/colonnade/%s" .env)) -}}
{{- end -}}
{{- $ours := dict -}}
{{- range $entries -}}{{- $_ := set $ours (trimSuffix "_FILE" .name) true -}}{{- end -}}
{{- range tpl (toYaml .root.Values.extraEnv) .root | fromYamlArray -}}
{{- if not (kindIs "invalid" .value) -}}{{- $_ := set . "value" (include "colonnade.text" .value) -}}{{- end -}}
{{- $entries = append $entries . -}}
{{- end -}}
{{- $last := dict -}}{{- $order := list -}}
{{- range $entries -}}
{{- $stem := trimSuffix "_FILE" .name -}}
{{- $name := ternary $stem .name (hasKey $ours $stem) -}}
{{- if not (hasKey $last $name) -}}{{- $order = append $order $name -}}{{- end -}}
{{- $_ := set $last $name . -}}
{{- end -}}
{{- $out := list -}}
{{- range $order -}}{{- $out = append $out (get $last .) -}}{{- end -}}
{{- toYaml $out -}}
{{- end -}}
