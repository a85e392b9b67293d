{{/*
The server's settings as JSON: those of `config`, and above them what the chart decides.
*/}}
{{- define "applemusic.settings" -}}
{{- $secrets := "/etc/applemusic/secrets" }}
{{- $files := .Values.secrets.files }}
{{- $grpc := dict "host" "0.0.0.0" "port" 50051 "grace_seconds" (include "applemusic.grace" . | float64) }}
{{- $web := dict "host" "0.0.0.0" "port" 8780 }}
{{- $lastScrape := include "applemusic.lastScrape" . | float64 }}
{{- if $lastScrape }}{{ $_ := set $web "last_scrape_seconds" $lastScrape }}{{ end }}
{{- $developer := dict }}
{{- if $files.developerToken }}
{{- $_ := set $developer "token_file" (printf "%s/%s" $secrets $files.developerToken) }}
{{- else if $files.musicKitKey }}
{{- $_ := set $developer "private_key_file" (printf "%s/%s" $secrets $files.musicKitKey) }}
{{- $_ := set $developer "key_id" .Values.developerToken.keyId }}
{{- $_ := set $developer "team_id" .Values.developerToken.teamId }}
{{- end }}
{{- $widevine := dict }}
{{- with $files.widevineDevice }}
{{- $_ := set $widevine "device_file" (printf "%s/%s" $secrets .) }}
{{- end }}
{{- $storage := dict }}
{{- if include "applemusic.shared" . }}
{{- if $files.databaseUrl }}
{{- $_ := set $storage "url_file" (printf "%s/%s" $secrets $files.databaseUrl) }}
{{- else }}
{{- $_ := set $storage "url" .Values.database.postgresql.url }}
{{- end }}
{{- with $files.databasePassword }}
{{- $_ := set $storage "password_file" (printf "%s/%s" $secrets .) }}
{{- end }}
{{- else }}
{{- $_ := set $storage "data_dir" "/data" }}
{{- end }}
{{- with $files.encryptionKey }}
{{- $_ := set $storage "encryption_key_file" (printf "%s/%s" $secrets .) }}
{{- end }}
{{- $tls := dict }}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $tls "certificate_file" "/etc/applemusic/tls/tls.crt" }}
{{- $_ := set $tls "private_key_file" "/etc/applemusic/tls/tls.key" }}
{{- if .Values.tls.clientCaKey }}
{{- $_ := set $tls "client_ca_file" (printf "/etc/applemusic/tls/%s" .Values.tls.clientCaKey) }}
{{- end }}
{{- end }}
{{- $tokens := dict }}
{{- range $name, $caller := .Values.accessTokens.callers }}
{{- $given := dict "token_file" (printf "/etc/applemusic/access-tokens/%s" (default $name $caller.key)) "scopes" $caller.scopes }}
{{- with $caller.accounts }}{{ $_ := set $given "accounts" . }}{{ end }}
{{- $_ := set $tokens $name $given }}
{{- end }}
{{- $ours := dict "grpc" $grpc "web" $web "developer_token" $developer "widevine" $widevine "storage" $storage "tls" $tls "access" (dict "tokens" $tokens) }}
{{- mergeOverwrite (deepCopy .Values.config) $ours | toJson }}
{{- end }}

{{/*
A table as TOML. JSON's strings, numbers, booleans and lists of these are TOML's, too.
Takes {path: [names], table: ...}.
*/}}
{{- define "applemusic.toml" -}}
{{- range $key := keys .table | sortAlpha }}
{{- $value := get $.table $key }}
{{- if not (or (kindIs "map" $value) (kindIs "invalid" $value)) }}
{{ include "applemusic.tomlKey" $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- range $key := keys .table | sortAlpha }}
{{- $value := get $.table $key }}
{{- if and (kindIs "map" $value) $value }}
{{- $path := append $.path (include "applemusic.tomlKey" $key) }}

[{{ join "." $path }}]
{{- include "applemusic.toml" (dict "path" $path "table" $value) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "applemusic.tomlKey" -}}
{{- if regexMatch "^[A-Za-z0-9_-]+$" . }}{{ . }}{{ else }}{{ toJson . }}{{ end }}
{{- end }}

{{- define "applemusic.configFile" -}}
# What the chart's values make of it; docs/configuration.md has every setting.
{{- include "applemusic.toml" (dict "path" list "table" (include "applemusic.settings" . | fromJson)) }}
{{- end }}
