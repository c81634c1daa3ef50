//! Public names that nobody says: no production code, no example in the documentation.
//!
//! Names are compared as words, without types, so that a dead name is missed when something living is called the same.
//! What is found is dead for certain, unless it is there for users alone: then it stands in [`FOR_USERS`].

use std::collections::BTreeMap;

use crate::code::{self, Code};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// What only users of a library say: (crate, names).
const FOR_USERS: [(&str, &[&str]); 3] = [
    // What tests of applications script and look at. Sign-in servers that cannot have a browser post a form.
    (
        "msal-client",
        &[
            "acquire_token_in_long_running_on_behalf_of",
            "answer_in_query",
            "answer_json",
            "ClientCertificate",
            "extra_form_field",
            "ExtraParameter",
            "forwarded_client_claims",
            "initiate_long_running_on_behalf_of",
            "remove_tokens_for_client",
            "stop_long_running_on_behalf_of",
            "take_requests",
        ],
    ),
    // OpenID providers other than Microsoft's.
    ("msal-core", &["oidc"]),
    // Directories that a test of somebody else's builds.
    (
        "msal-emulator",
        &["self_service_sign_up", "with_certificate"],
    ),
];

/// Where names are said besides production code.
const EXAMPLES: [&str; 5] = [
    "README.md",
    "xtask/examples",
    "crates/msal-client/examples",
    "crates/msal-emulator/examples",
    "crates/msal-migrate/examples",
];

pub(super) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut crates = Vec::new();
    for name in workspace.crates()? {
        let code = code::read(&workspace.root_of(&name))?;
        crates.push((name, code));
    }
    let mut said = Words::default();
    crates.iter().for_each(|(_, code)| said.of_code(code));
    for place in EXAMPLES {
        said.of_files(workspace, place)?;
    }
    let dead: Vec<String> = crates
        .iter()
        .flat_map(|(name, code)| dead(workspace, name, code, &said))
        .collect();
    match dead.is_empty() {
        true => Ok(()),
        false => Err(
            Failure::new(format!("nobody uses\n{}", dead.join("\n"))).or_hint(
                "delete it with its tests; what only users need is named in xtask/src/unused/names.rs",
            ),
        ),
    }
}

fn dead(workspace: &Workspace, name: &str, code: &Code, said: &Words) -> Vec<String> {
    let for_users = FOR_USERS.iter().filter(|(of, _)| *of == name);
    let for_users: Vec<&str> = for_users.flat_map(|(_, names)| *names).copied().collect();
    let mut dead = Vec::new();
    for module in &code.modules {
        let unsaid = module.public.iter().filter(|public| {
            !said.contains(&public.name) && !for_users.contains(&public.name.as_str())
        });
        let file = workspace.shown(&module.file);
        dead.extend(unsaid.map(|public| format!("  {file}:{} {}", public.line, public.name)));
    }
    dead
}

/// How often each word is said, where it is declared not counted.
#[derive(Debug, Default)]
struct Words(BTreeMap<String, usize>);

impl Words {
    fn contains(&self, word: &str) -> bool {
        self.0.get(word).is_some_and(|count| *count > 0)
    }

    fn of_code(&mut self, code: &Code) {
        for module in &code.modules {
            for (word, count) in &module.words {
                let declared = module.declared_within.get(word).unwrap_or(&0);
                *self.0.entry(word.clone()).or_default() += count.saturating_sub(*declared);
            }
            self.of_markdown(&module.documentation);
        }
    }

    /// The words of the fenced blocks.
    fn of_markdown(&mut self, text: &str) {
        let mut is_example = false;
        for line in text.lines() {
            match line.trim_start().starts_with("```") {
                true => is_example = !is_example,
                false if is_example => self.of_line(line),
                false => {}
            }
        }
    }

    fn of_line(&mut self, line: &str) {
        let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        for word in words.filter(|word| !word.is_empty()) {
            *self.0.entry(word.to_owned()).or_default() += 1;
        }
    }

    fn of_files(&mut self, workspace: &Workspace, place: &str) -> Result<(), Failure> {
        for file in workspace.files_in(&workspace.root.join(place), "rs")? {
            let text = workspace.read(&file)?;
            match file.extension().is_some_and(|extension| extension == "md") {
                true => self.of_markdown(&text),
                false => text.lines().for_each(|line| self.of_line(line)),
            }
        }
        Ok(())
    }
}
