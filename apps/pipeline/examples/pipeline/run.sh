#!/usr/bin/env bash
# From a project to its report, with curl and jq:
#   API_KEY=… apps/pipeline/examples/pipeline/run.sh http://127.0.0.1:8000
# `npx -y pnpm@12 start` prints the key and the address.
set -euo pipefail
address="${1:-http://127.0.0.1:8000}"
api="${address%/}/api/v1"
: "${API_KEY:?set it to the API key that the start prints}"
here="$(dirname "$0")"

send() {
  curl --silent --show-error --fail-with-body -H "X-API-Key: $API_KEY" -H 'Content-Type: application/json' "$@"
}

# What is refused is RFC 9457 problem details: `detail` says why in words, `code` for programs.
call() {
  local answer
  answer=$(send "$@") || { jq -r '"\(.code): \(.detail)"' <<< "$answer" >&2; return 1; }
  printf '%s\n' "$answer"
}

# The events of a job say how far it is, and end with it. Only `completed` is a success.
follow() {
  send --no-buffer "$api/jobs/$1/events" | sed -un 's/^data: //p' |
    jq --unbuffered -r '"job \(.type) \(.status) \(.progress.done // 0)/\(.progress.total // 0)"'
  call "$api/jobs/$1" | jq -e '.status == "completed" or error(.error // "It is \(.status).")' > /dev/null
}

# 1. A project says what a fact looks like.
project=$(call "$api/projects" -d "$(jq -n --arg name "Meridian, $(date +%s%N)" \
  '{ name: $name, template: "technical_facts" }')" | jq -r .id)
echo "project $project"

# 2. A source is a document in it. The same URI again replaces its text.
source=$(jq -n --rawfile content "$here/document.md" \
  '{ uri: "file:document.md", source_group: "Meridian", title: "Meridian 4", content: $content }' |
  call "$api/projects/$project/sources" -d @- | jq -r .id)
echo "source $source"

# 3. A job extracts the facts with a profile.
job=$(call "$api/projects/$project/extract" -d '{ "profile": "technical_specs" }' | jq -r .job_id)

follow "$job"

# 4. Each fact has its quote, and where it stands in the source. `next` leads to the next page.
after=''
while
  page=$(call --get "$api/projects/$project/extractions" --data-urlencode 'limit=2' --data-urlencode "after=$after")
  jq -r '.items[] | "fact \(.confidence) \(.quote)"' <<< "$page"
  after=$(jq -r '.next // empty' <<< "$page")
  [ -n "$after" ]
do :; done

# 5. Another job writes a report of them. Its result names the report, which is Markdown.
job=$(call "$api/projects/$project/report" -d '{ "title": "Limits of Meridian", "min_confidence": 0.7 }' | jq -r .job_id)
follow "$job"
report=$(call "$api/jobs/$job" | jq -r .result.report_id)
call "$api/projects/$project/reports/$report/markdown"
