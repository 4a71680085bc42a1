//! What `--help` says beside the options.

use clap::builder::{Styles, styling::AnsiColor};

pub(super) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Green.on_default());

pub(super) const EXAMPLES: &str = "\
Examples:
  upload --sandbox put audience.csv --type audience_csv    try it, with nothing configured
  upload put audience.csv --type audience_csv              a file of any size
  upload put exports/ --recursive --include '*.csv' --type sales_csv
  pg_dump tickets | gzip | upload put - --name tickets.sql.gz --type dump
  upload ingest sales sales.csv                            records in bulk, from CSV or JSON
  upload put *.csv --type sales_csv --output json | jq -r 'select(.object_key).object_key'
  upload sandbox                                           the whole API, on this machine";

pub(super) const SETTINGS: &str = "\
Settings:
  An option comes from the command line, else from the environment, else from the profile in
  $XDG_CONFIG_HOME/upload/config.toml, else it has its default. In the environment, --part-size
  is UPLOAD_PART_SIZE, and so on for every long option; the platform's own names work too:
    FD_BASE_URL      the API's base URL (--api-url)
    FD_CR_URL        the CR API's base URL (--cr-url)
    FD_PARTNER_ID    the partner to act for (--partner)
    FD_ACCESS_TOKEN  the access token; never an option, where others could see it
    FD_REFRESH_TOKEN renews it
    FD_USERNAME      who signs in when there is neither token nor session,
    FD_PASSWORD      and by which password";

pub(super) const EXIT_STATUS: &str = "\
Exit status:
  0  everything asked for is done           5  network or server trouble outlasted the retries
  1  unexpected failure                     6  the local file: missing, unreadable, empty, changed
  2  wrong usage or settings                7  some files failed, others succeeded
  3  the platform refused the content       8  the package to download is not done yet
  4  not authenticated or not allowed     130  cancelled, and aborted on the platform first";

pub(super) const PUT_USAGE: &str = "\
upload put [OPTIONS] <PATH>...
       upload put [OPTIONS] --manifest <FILE> [PATH]...";

pub(super) const PUT_EXAMPLES: &str = "\
Examples:
  upload put audience.csv --type audience_csv
  upload put a.csv b.csv c.csv --type sales_csv --concurrency 16
  upload put exports/ --recursive --include '*.csv' --exclude 'old/**' --type sales_csv
  upload put --manifest files.txt --type sales_csv --dry-run
  mysqldump tickets | upload put - --name tickets.sql --type dump

How a file is sent:
  With --pattern auto, a file goes in parts (presigned multipart) when it is larger than 50 MB,
  when it is a .csv, and whenever a type is given; any other goes in one PUT. Sending in parts
  needs a type. Sizes are written like 16MiB, 5GB or 1048576.";

pub(super) const MEDIA_EXAMPLES: &str = "\
Examples:
  upload media poster.jpg
  upload media creatives/*.png --output json | jq -r 'select(.media).media.url'";

pub(super) const EXCEL_EXAMPLES: &str = "\
Examples:
  upload excel sales.xlsx --eid 4711
  upload excel sales.xlsx --eid 4711 --dry-run

The workbook is looked into first: it is one by its content, and has a header row and a row below
it. If its answer is lost, it is not sent again unless --at-least-once is given.";

pub(super) const EVENTS_EXAMPLES: &str = "\
Examples:
  upload events events.xlsx --event-type fdlive
  upload events export.xls --event-type prisma

Rows that the platform refuses are listed, exit 3. If the answer is lost, the workbook is not sent
again unless --at-least-once is given.";

pub(super) const INGEST_EXAMPLES: &str = "\
Examples:
  upload ingest sales sales.csv
  upload ingest sales sales.csv --types zip=string --dry-run
  upload ingest events-df events.ndjson --orient split
  psql -c '…' --csv | upload ingest campaigns - --format csv
  upload ingest sales sales.csv.refused.ndjson             what was refused, corrected

A batch that the platform refuses is kept in PATH.refused.ndjson and the rest goes on; one whose
answer was lost is kept in PATH.unknown.ndjson. Both can be ingested as they are.";
pub(super) const LOGIN_EXAMPLES: &str = "\
Examples:
  upload login                                     asks for user, password and, of several, the partner
  upload --profile staging login --username ada --partner partner-id-acme
  pass show upload | upload login --username ada --password-stdin

The session is kept for the profile, in a file that only its owner can read, and renewed by itself.
Commands that find no session sign in by themselves where FD_USERNAME and FD_PASSWORD are set.";

pub(super) const DOWNLOAD_EXAMPLES: &str = "\
Examples:
  upload download 4711
  upload download 4711 -o customers.csv --force --wait-limit 30m
  upload download 4711 -o - | head -n 1
  upload --sandbox download demo

What happens:
  The package is looked at every 3 s until the platform has made it. Its list goes to a hidden file
  beside its target, .FILE.upload-part, and takes its name when it is whole. When the connection
  breaks, or the command is stopped or killed, the download goes on from there: right away, or when
  the same command is run again. A list that has changed meanwhile is downloaded from its
  beginning. The file is for its owner's eyes alone (mode 600).

Exit status 3: the package has failed or expired. 8: it is not done yet (--no-wait, --wait-limit).";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  upload completions bash > ~/.local/share/bash-completion/completions/upload
  upload completions zsh > ~/.zfunc/_upload
  upload completions fish > ~/.config/fish/completions/upload.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  upload man | man -l -
  upload man --dir ~/.local/share/man/man1";

pub(super) const SESSIONS_EXAMPLES: &str = "\
Examples:
  upload sessions list                what is unfinished, and how far it has come
  upload sessions resume --all        go on with all of it
  upload sessions abort 3f9a1c        give one up, by the first digits of its id
  upload sessions prune               clear away what is over

The same `put` of the same file goes on by itself; nothing here is needed for that.";

pub(super) const SANDBOX_EXAMPLES: &str = "\
The sandbox answers on this machine only, is strict about the documented mistakes, and logs every
request it sees at /_sandbox/log. It misbehaves on request:

  upload sandbox --fault 'part:2#1=reset,after:1MiB' --fault 'complete#1=lose_answer'
  upload --sandbox --fault 'part@0.2=status:503' --fault-seed 7 put big.bin --type raw

Short lives and a small budget show what a client does about them:

  upload sandbox --token-life 30s --url-life 10s --budget 10/5s

To measure what a client costs, let the storage throw the bytes away:

  upload sandbox --storage null --tls

Or put it far away, behind a link that some connections find slow:

  upload sandbox --link 50mbit --rtt 80ms --slow-connection 0.05:100KiB

To run one command against a throw-away sandbox, there is
`upload --sandbox put FILE`.";
