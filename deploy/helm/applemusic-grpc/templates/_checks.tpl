{{/* What would make an installation that cannot work: told before anything is installed. */}}
{{- define "applemusic.checks" -}}
{{- $files := .Values.secrets.files }}
{{- $named := list }}
{{- range $name := keys $files | sortAlpha }}
{{- if get $files $name }}{{ $named = append $named $name }}{{ end }}
{{- end }}
{{- if and (or $named .Values.secrets.extraFiles) (not (include "applemusic.secret" .)) }}
{{- fail (printf "secrets.files names %s, but there is no Secret: set secrets.existingSecret, or secrets.externalSecret.enabled" (join ", " $named)) }}
{{- end }}
{{- if and .Values.secrets.existingSecret .Values.secrets.externalSecret.enabled }}
{{- fail "secrets.existingSecret and secrets.externalSecret exclude each other" }}
{{- end }}
{{- if and .Values.secrets.externalSecret.enabled (not (and .Values.secrets.externalSecret.data .Values.secrets.externalSecret.secretStoreRef.name)) }}
{{- fail "secrets.externalSecret needs secretStoreRef.name, and data that says what to fetch" }}
{{- end }}
{{- if and $files.musicKitKey (not (and .Values.developerToken.keyId .Values.developerToken.teamId)) }}
{{- fail "secrets.files.musicKitKey needs developerToken.keyId and developerToken.teamId" }}
{{- end }}
{{- if include "applemusic.shared" . }}
{{- if not $files.encryptionKey }}
{{- fail "database.type postgresql needs secrets.files.encryptionKey: all servers encrypt with the same key, which `applemusic-server keys new` makes" }}
{{- end }}
{{- if not (or .Values.database.postgresql.url $files.databaseUrl) }}
{{- fail "database.type postgresql needs database.postgresql.url, or secrets.files.databaseUrl" }}
{{- end }}
{{- if and .Values.database.postgresql.url $files.databaseUrl }}
{{- fail "database.postgresql.url and secrets.files.databaseUrl exclude each other" }}
{{- end }}
{{- else if include "applemusic.several" . }}
{{- fail "one server at a time works on SQLite: several need database.type postgresql" }}
{{- end }}
{{- $grpc := default dict .Values.config.grpc }}
{{- if not (or .Values.accessTokens.callers (dig "tls" "clients" dict .Values.config) $grpc.insecure) }}
{{- fail "nobody could call: name somebody in accessTokens.callers or config.tls.clients" }}
{{- end }}
{{- $monitor := .Values.metrics.serviceMonitor }}
{{- if and $monitor.enabled (not $monitor.tokenSecret.name) (not (dig "web" "open_metrics" false .Values.config)) }}
{{- fail "metrics.serviceMonitor needs tokenSecret, a token of the scope read; or set config.web.open_metrics" }}
{{- end }}
{{- range $kind := list "web" "grpc" }}
{{- if and (get $.Values.ingress $kind).enabled (not (get $.Values.ingress $kind).host) }}
{{- fail (printf "ingress.%s needs host" $kind) }}
{{- end }}
{{- if and (get $.Values.gateway $kind).enabled (not (get $.Values.gateway $kind).parentRefs) }}
{{- fail (printf "gateway.%s needs parentRefs: the gateway that it belongs to" $kind) }}
{{- end }}
{{- end }}
{{- end }}
