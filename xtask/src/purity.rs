//! What crates may depend on, and what no source may say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// All that the core is built from. It turns values into values: nothing here can open a socket or a
/// file of its own accord, start a thread, tell the time or draw a random number.
const CORE_MAY_USE: &str = "
    msal-core

    # Bytes, text and HTTP's vocabulary.
    base64 bytemuck bytes bytestring http httpdate itoa memchr percent-encoding

    # JSON.
    serde serde_core serde_derive serde_json zmij

    # Hash tables.
    allocator-api2 equivalent foldhash hashbrown

    # Dates: the calendar only, which `default-features = false` leaves.
    deranged num-conv powerfmt time time-core

    # Errors that are derived, secrets that are wiped.
    thiserror thiserror-impl zeroize

    # Hashes of code verifiers, assertions and cache keys; `cpufeatures` asks the processor, which is the same all the time.
    block-buffer cfg-if const-oid cpufeatures crypto-common digest hybrid-array sha2 typenum

    # URLs, with the tables of international domain names.
    displaydoc form_urlencoded icu_collections icu_locale_core icu_normalizer icu_normalizer_data
    icu_properties icu_properties_data icu_provider idna idna_adapter litemap potential_utf smallvec
    stable_deref_trait synstructure tinystr url utf8_iter utf_types writeable yoke yoke-derive
    zerofrom zerofrom-derive zerotrie zerovec zerovec-derive

    # What derive macros are made with; they run while compiling.
    proc-macro2 quote syn unicode-ident
";

/// Which of our crates a crate may use, the lowest first: each knows only those above it in this table. Tests may use
/// more: the emulator above all.
const LAYERS: [(&str, &[&str]); 6] = [
    ("private-file", &[]),
    ("msal-core", &[]),
    ("msal-client", &["msal-core", "private-file"]),
    (
        "msal-migrate",
        &["msal-client", "msal-core", "private-file"],
    ),
    ("msal-emulator", &[]),
    (
        "msal-cli",
        &[
            "msal-client",
            "msal-core",
            "msal-emulator",
            "msal-migrate",
            "private-file",
        ],
    ),
];

/// Crates that must not be built into anything: see `deny.toml` for the reasons.
const BANNED: [&str; 5] = ["native-tls", "openssl", "openssl-sys", "ring", "rsa"];

/// What switches the verification of certificates off.
const FORBIDDEN_WORDS: [&str; 3] = [
    "danger_accept_invalid_certs",
    "danger_accept_invalid_hostnames",
    "tls_danger_accept",
];

/// What makes any host one that tokens are sent to.
const TRUST: &str = "named_by_operator(";

/// Where an operator says it: in a program, and on a command line. The first file defines it.
const OPERATORS: [&str; 3] = [
    "msal-core/src/trusted_authority.rs",
    "msal-client/src/application/builder.rs",
    "msal-migrate/src/plan/authority.rs",
];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    core_uses_only_what_it_may(workspace)?;
    crates_know_only_lower_ones(workspace)?;
    emulator_knows_none_of_our_crates(workspace)?;
    nothing_banned_is_built(workspace)?;
    lock_file_names_one_registry(workspace)?;
    let crates = workspace.root.join("crates");
    each_source(&crates, &|path, text| {
        verification_is_not_switched_off(path, text)?;
        trust_is_the_operators(path, text)
    })
}

fn core_uses_only_what_it_may(workspace: &Workspace) -> Result<(), Failure> {
    let used = tree(workspace, &["--package", "msal-core", "--edges", "normal"])?;
    let allowed = CORE_MAY_USE
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    refuse(
        used.difference(&allowed),
        "msal-core must not depend on",
        "the core does no I/O; a crate that does none either is allowed in xtask/src/purity.rs",
    )
}

fn crates_know_only_lower_ones(workspace: &Workspace) -> Result<(), Failure> {
    let ours: BTreeSet<String> = workspace.crates()?.into_iter().collect();
    for name in ours.iter().filter(|name| *name != "xtask") {
        let (_, lower) = LAYERS
            .iter()
            .find(|(layer, _)| layer == name)
            .ok_or_else(|| {
                Failure::new(format!("{name} has no place among the layers"))
                    .or_hint("give it one in xtask/src/purity.rs")
            })?;
        let direct = ["--package", name, "--depth", "1", "--edges", "normal"];
        let used = tree(workspace, &direct)?;
        let higher = ours.iter().filter(|other| {
            *other != name && used.contains(*other) && !lower.contains(&other.as_str())
        });
        refuse(
            higher,
            &format!("{name} must not depend on"),
            "a lower crate does not know a higher one: the layers are in xtask/src/purity.rs",
        )?;
    }
    Ok(())
}

/// The emulator and the client are two readings of the standards; code they shared would agree with itself.
fn emulator_knows_none_of_our_crates(workspace: &Workspace) -> Result<(), Failure> {
    let used = tree(workspace, &["--package", "msal-emulator", "--edges", "all"])?;
    let ours = workspace
        .crates()?
        .into_iter()
        .filter(|name| name != "msal-emulator")
        .collect();
    refuse(
        used.intersection(&ours),
        "msal-emulator must not depend on",
        "the emulator shares no type with the client it tests",
    )
}

fn nothing_banned_is_built(workspace: &Workspace) -> Result<(), Failure> {
    let used = tree(
        workspace,
        &["--workspace", "--edges", "all", "--target", "all"],
    )?;
    let banned = BTreeSet::from(BANNED.map(str::to_owned));
    refuse(
        used.intersection(&banned),
        "the workspace must not depend on",
        "deny.toml says why; `cargo tree --invert CRATE --target all` says who wants it",
    )
}

fn lock_file_names_one_registry(workspace: &Workspace) -> Result<(), Failure> {
    let lock = workspace.read("Cargo.lock")?;
    let sources = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "));
    match sources
        .map(|source| source.trim_matches('"'))
        .find(|source| *source != CRATES_IO)
    {
        Some(source) => Err(
            Failure::new(format!("Cargo.lock takes a crate from {source}"))
                .or_hint("crates come from crates.io only"),
        ),
        None => Ok(()),
    }
}

fn each_source(
    folder: &Path,
    check: &dyn Fn(&Path, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(format!("cannot read {}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            each_source(&path, check)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(|error| {
                Failure::new(format!("cannot read {}: {error}", path.display()))
            })?;
            check(&path, &text)?;
        }
    }
    Ok(())
}

fn verification_is_not_switched_off(path: &Path, text: &str) -> Result<(), Failure> {
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(word) = FORBIDDEN_WORDS.iter().find(|word| line.contains(**word)) {
            return Err(
                Failure::new(format!("{}:{number} says {word}", path.display())).or_hint(
                    "certificates are always verified: add a certificate authority instead",
                ),
            );
        }
    }
    Ok(())
}

fn trust_is_the_operators(path: &Path, text: &str) -> Result<(), Failure> {
    let is_test = path
        .iter()
        .any(|part| part == "tests" || part == "tests.rs");
    if is_test || OPERATORS.iter().any(|file| path.ends_with(file)) {
        return Ok(());
    }
    let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
    match (1..).zip(code).find(|(_, line)| line.contains(TRUST)) {
        Some((number, _)) => Err(
            Failure::new(format!("{}:{number} says {TRUST}", path.display())).or_hint(
                "what a file names goes through `TrustedAuthority::admit`: only an operator makes a host trusted",
            ),
        ),
        None => Ok(()),
    }
}

/// The names in a dependency tree.
fn tree(workspace: &Workspace, arguments: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let listing = process::output(
        workspace
            .cargo()
            .args(["tree", "--quiet", "--prefix", "none"])
            .args(arguments),
    )?;
    let names = listing
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    Ok(names.map(str::to_owned).collect())
}

fn refuse<'a>(
    names: impl Iterator<Item = &'a String>,
    message: &str,
    hint: &str,
) -> Result<(), Failure> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{message} {}", names.join(", "))).or_hint(hint))
}
