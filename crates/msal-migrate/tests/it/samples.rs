//! Every sample store is read, or refused, as the file of the same name under `tests/expected` says.
//!
//! The files under `tests/fixtures` were written by the libraries and programs they are named after, with made-up tokens.
//! An expectation begins with what is typed behind `msal migrate plan`. Then it has the format and what it is recognised
//! by, each row with all that is known of it and with what becomes of it; or else the error and the hint. A token is told
//! by the first half of its SHA-256.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use msal_core::{RefreshToken, UnixTime};
use msal_migrate::{
    DecodingKey, Fingerprint, Locator, Mapping, MappingFile, Plan, PlanOptions, Planned, Preset,
    Record, Row, SkipReason, Source, SourceError, SourceOptions, open,
};
use time::OffsetDateTime;

/// What the samples are encrypted with, by the name of the variable that holds it.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("BETTER_AUTH_SECRET", "FAKE-secret-FAKE-secret-FAKE-0123"),
    ("RCLONE_CONFIG_PASS", "fake-pass"),
    ("RCLONE_ODD_PASS", "\u{ff50}ass \u{c5} \u{fb01}"),
];

/// Shortly after the samples were written.
const NOW: UnixTime = UnixTime::from_secs(1_795_360_000);

#[test]
fn each_sample_is_what_is_expected_of_it() {
    let mut wrong = Vec::new();
    for (name, expected) in expectations() {
        let found: Vec<_> = commands(&expected).map(answer).collect();
        let found = found.join("\n");
        if found != expected {
            wrong.push(format!("{name}:\n{}", difference(&expected, &found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_sample_has_an_expectation() {
    let samples = files_below(&tests().join("fixtures"));
    let expectations = expectations();
    for name in &samples {
        let expected = expectations.get(name);
        let expected = expected.unwrap_or_else(|| panic!("nothing is expected of {name}"));
        let is_read = commands(expected).any(|command| words(command)[0] == *name);
        assert!(is_read, "{name} is not read");
    }
    for name in expectations.keys() {
        assert!(samples.contains(name), "{name} is no sample");
    }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The text of each file under `tests/expected`, by its name.
fn expectations() -> BTreeMap<String, String> {
    let root = tests().join("expected");
    let text = |name: String| (name.clone(), fs::read_to_string(root.join(name)).unwrap());
    files_below(&root).into_iter().map(text).collect()
}

/// The files in the folders of `root`, with the names of these.
fn files_below(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => names.push(path.strip_prefix(root).unwrap().display().to_string()),
            }
        }
    }
    names.sort();
    names
}

/// What is typed in an expectation.
fn commands(expected: &str) -> impl Iterator<Item = &str> {
    expected.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// What is said of a source.
fn answer(command: &str) -> String {
    let words = words(command);
    let (name, arguments) = words.split_first().unwrap();
    let (options, plan) = options(arguments);
    let folder = tempfile::tempdir().unwrap();
    let copied = copied(name, folder.path());
    let before = content(folder.path());
    let mut answer = format!("$ {command}\n");
    let read = open(&copied, &options).and_then(|source| told(&*source, &plan, &mut answer));
    if let Err(error) = read {
        let message = error.to_string();
        let (_file, problem) = message.split_once(": ").unwrap();
        writeln!(answer, "error: {problem}\nhint: {}", error.hint().unwrap()).unwrap();
    }
    assert_eq!(before, content(folder.path()), "{name} is changed");
    answer
}

/// Words, of which one with white space stands in quotation marks.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect::<Vec<_>>(),
            _ => vec![part],
        })
        .collect()
}

fn options(arguments: &[&str]) -> (SourceOptions, PlanOptions) {
    let (mut source, mut plan) = (SourceOptions::default(), PlanOptions::default());
    plan.now = Some(NOW);
    let mut map = Vec::new();
    for pair in arguments.chunks(2) {
        let [option, value] = pair else {
            unreachable!("{pair:?} is no option with its value")
        };
        match *option {
            "--client-id" => plan.client_id = Some((*value).to_owned()),
            "--from" => match Preset::named(value) {
                Some(preset) => source.mapping_file = preset.mapping_file(),
                None => source.from = Some(value.parse().unwrap()),
            },
            "--map" => map.push(*value),
            "--password-env" => source.password = Some(secret(value).into()),
            "--query" => source.query = Some((*value).to_owned()),
            "--decode" => {
                let toml = format!("[decode]\nsteps = [\"{value}\"]\n");
                source.mapping_file = MappingFile::parse("mapping.toml", &toml).unwrap();
            }
            other => unreachable!("{other} is not known here"),
        }
    }
    source.map = Mapping::parse(map).unwrap();
    for key in source
        .mapping_file
        .key_sources()
        .cloned()
        .collect::<Vec<_>>()
    {
        let secret = DecodingKey::new(secret("BETTER_AUTH_SECRET"));
        source.mapping_file = source.mapping_file.with_key(&key, secret).unwrap();
    }
    (source, plan)
}

fn secret(name: &str) -> &'static str {
    let is_named = |(variable, _): &&(&str, &str)| *variable == name;
    ENVIRONMENT.iter().find(is_named).unwrap().1
}

/// A copy of a sample, which may be a folder.
fn copied(name: &str, folder: &Path) -> PathBuf {
    let from = tests().join("fixtures").join(name);
    // Its name can name the user.
    let to = folder.join(from.file_name().unwrap());
    if !from.is_dir() {
        fs::copy(from, &to).unwrap();
        return to;
    }
    fs::create_dir(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| (name.clone(), fs::read(folder.join(name)).unwrap());
    files_below(folder).into_iter().map(read).collect()
}

/// What the rows of a source are, and what becomes of them.
fn told(source: &dyn Source, plan: &PlanOptions, answer: &mut String) -> Result<(), SourceError> {
    let by = source.recognised_by();
    let because = by.map_or(String::new(), |by| format!(", because {by}"));
    writeln!(answer, "{}{because}", source.kind()).unwrap();
    let mut rows = Vec::new();
    source.read(&mut |row| {
        // What a log would show.
        assert!(!format!("{row:?}{}", row.locator()).contains("FAKE-"));
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    let mut rows = rows.into_iter();
    let made = Plan::make(source, plan, &fingerprint).unwrap();
    made.rows(source, &fingerprint, &mut |planned| {
        answer.push_str(&row_told(&rows.next().unwrap(), &planned));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(rows.next().is_none());
    Ok(())
}

fn row_told(row: &Row, planned: &Planned) -> String {
    let fate = fate(planned);
    match row {
        Row::Record(record) => {
            let mut told = format!("\n{}\n", place(&record.locator));
            for (name, value) in fields(record) {
                if let Some(value) = value {
                    writeln!(told, "    {name:<10} {value}").unwrap();
                }
            }
            writeln!(told, "    => {fate}").unwrap();
            told
        }
        Row::Skipped { locator, .. } => format!("\n{}\n    => {fate}\n", place(locator)),
        _ => unreachable!("a new kind of row"),
    }
}

fn place(locator: &Locator) -> String {
    let key = locator.key().map(|key| format!(" ({key})"));
    format!("{}{}", locator.place(), key.unwrap_or_default())
}

/// All that is known of a record. This takes it apart so that no member is forgotten.
fn fields(record: &Record) -> [(&'static str, Option<String>); 12] {
    let scopes: Vec<_> = record.scopes.iter().map(AsRef::as_ref).collect();
    let (user, flags) = (&record.user, &record.flags);
    let flags = [
        flags.multi_resource.then(|| "multi_resource".to_owned()),
        flags
            .family
            .as_ref()
            .map(|family| format!("family {family}")),
        flags.guest.then(|| "guest".to_owned()),
        flags
            .personal_account
            .then(|| "personal_account".to_owned()),
        flags.port_left_out.then(|| "port_left_out".to_owned()),
    ];
    let flags: Vec<_> = flags.into_iter().flatten().collect();
    let home = user.home_account_id.as_ref();
    [
        ("token", Some(hash(record.refresh_token.expose_secret()))),
        ("client", record.client_id.clone()),
        ("authority", record.authority.clone()),
        ("scopes", (!scopes.is_empty()).then(|| scopes.join(" "))),
        ("resource", record.resource.clone()),
        ("user", user.username.clone()),
        ("oid", user.oid.clone()),
        ("tid", user.tid.clone()),
        ("sub", user.sub.clone()),
        ("home", home.map(ToString::to_string)),
        ("refreshed", record.last_refreshed.map(date_and_time)),
        ("flags", (!flags.is_empty()).then(|| flags.join(", "))),
    ]
}

fn date_and_time(time: UnixTime) -> String {
    let time = OffsetDateTime::from_unix_timestamp(time.as_secs()).unwrap();
    let (hour, minute, second) = time.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02}", time.date())
}

/// What becomes of a row.
fn fate(planned: &Planned) -> String {
    match planned {
        Planned::Redemption(redemption) => {
            let warnings: Vec<_> = redemption.warnings.iter().map(|it| it.code()).collect();
            let warned = match warnings.is_empty() {
                true => String::new(),
                false => format!("\n       warned: {}", warnings.join(", ")),
            };
            format!(
                "redeemed by {} at {}\n       for {}{warned}",
                redemption.client_id,
                redemption.authority,
                redemption.scopes.as_str(),
            )
        }
        Planned::Duplicate { of, .. } => format!("redeemed as {of}"),
        Planned::Skipped { reason, .. } => match reason {
            SkipReason::Malformed(what) | SkipReason::NotUnderstood(what) => {
                format!("skipped: {} ({what})", reason.code())
            }
            _ => format!("skipped: {}", reason.code()),
        },
        _ => unreachable!("a new kind of outcome"),
    }
}

/// The first half of its SHA-256.
fn hash(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let half = digest.as_ref().iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}

/// The journal's is keyed.
fn fingerprint(client_id: &str, token: &RefreshToken) -> Fingerprint {
    let text = format!("{client_id}|{}", token.expose_secret());
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    Fingerprint::from_bytes(digest.as_ref()[..16].try_into().unwrap())
}

/// The lines from the first one that differs on.
fn difference(expected: &str, found: &str) -> String {
    let (mut expected, mut found) = (expected.lines(), found.lines());
    let mut told = String::new();
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return told,
            (one, other) if one == other => {}
            (one, other) => {
                for (sign, line) in [('-', one), ('+', other)] {
                    if let Some(line) = line {
                        writeln!(told, "{sign} {line}").unwrap();
                    }
                }
            }
        }
    }
}
