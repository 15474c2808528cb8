{{/* What is wrong with an international domain name (a host with an `xn--` label), or nothing. The application refuses the
     same names, but together with every other site of the list. It knows a few more rules: those about the order of
     characters, and about rare compatibility forms. */}}
{{- define "colonnade.domainFault" -}}
{{- range $label := trimPrefix "*." . | splitList "." -}}
{{- if hasPrefix "xn--" $label -}}{{- include "colonnade.labelFault" (trimPrefix "xn--" $label) -}}
{{- else if regexMatch "^..--" $label -}}{{ $label }} has hyphens in the third and fourth place{{- end -}}
{{- end -}}
{{- end -}}

{{/* Decodes the Punycode (RFC 3492) of one label, and checks each character. */}}
{{- define "colonnade.labelFault" -}}
{{- $alphabet := "abcdefghijklmnopqrstuvwxyz0123456789" -}}
{{- $parts := splitList "-" . -}}
{{- $count := initial $parts | join "-" | len -}}
{{- $n := 128 -}}{{- $i := 0 -}}{{- $bias := 72 -}}{{- $old := 0 -}}{{- $weight := 1 -}}{{- $k := 36 -}}{{- $fault := "" -}}
{{- range $character := last $parts | splitList "" -}}
{{- if not $fault -}}
{{- $digit := splitList $character $alphabet | first | len -}}
{{- $threshold := max 1 (min 26 (sub $k $bias)) -}}
{{- $i = add $i (mul $digit $weight) -}}
{{- if gt $i 100000000 -}}{{- $fault = "is not valid Punycode" -}}
{{- else if ge $digit (int $threshold) -}}
{{- $weight = mul $weight (sub 36 $threshold) -}}{{- $k = add $k 36 -}}
{{- else -}}
{{- $count = add1 $count -}}
{{- $delta := div (sub $i $old) (ternary 700 2 (eq (int $old) 0)) -}}
{{- $delta = add $delta (div $delta $count) -}}
{{- $bias = 0 -}}
{{- range until 8 -}}{{- if gt (int $delta) 455 -}}{{- $delta = div $delta 35 -}}{{- $bias = add $bias 36 -}}{{- end -}}{{- end -}}
{{- $bias = add $bias (div (mul 36 $delta) (add $delta 38)) -}}
{{- $n = add $n (div $i $count) -}}
{{- $i = add1 (mod $i $count) -}}
{{- if gt (int $n) 1114111 -}}{{- $fault = "is not valid Punycode" -}}
{{- else if not (include "colonnade.isLetter" (printf "%c" (int $n))) -}}{{- $fault = printf "contains %c (U+%04X), which is no letter or digit" (int $n) (int $n) -}}
{{- end -}}
{{- $old = $i -}}{{- $weight = 1 -}}{{- $k = 36 -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (not $fault) (or (ne (int $k) 36) (empty (last $parts))) -}}{{- $fault = "is not valid Punycode" -}}{{- end -}}
{{- with $fault }}xn--{{ $ }} {{ . }}{{ end -}}
{{- end -}}

{{/* Whether a character may be in a domain name (IDNA 2008), as far as Unicode's categories tell. */}}
{{- define "colonnade.isLetter" -}}
{{- $exceptions := "[\\x{b7}\\x{375}\\x{5f3}\\x{5f4}\\x{6fd}\\x{6fe}\\x{f0b}\\x{200c}\\x{200d}\\x{3007}\\x{30fb}\\x{13a0}-\\x{13f5}]" -}}
{{- $compatibility := "[\\x{1100}-\\x{11ff}\\x{3131}-\\x{318e}\\x{a960}-\\x{a97c}\\x{d7b0}-\\x{d7fb}\\x{fb00}-\\x{fb1c}\\x{fb20}-\\x{fbb1}\\x{fbd3}-\\x{fdff}\\x{fe00}-\\x{fe0f}\\x{fe70}-\\x{fefc}\\x{ff00}-\\x{ffef}\\x{1d400}-\\x{1d7ff}\\x{1ee00}-\\x{1eeff}\\x{2f800}-\\x{2fa1f}\\x{e0000}-\\x{e0fff}]" -}}
{{- if or (regexMatch $exceptions .) (not (or (regexMatch "[\\p{S}\\p{P}\\p{Z}\\p{C}\\p{Lu}\\p{Lt}\\p{Nl}\\p{No}]" .) (regexMatch $compatibility .))) -}}true{{- end -}}
{{- end -}}
