//! What stands below the options of `migrate`: examples, and what the options about the input take.

use msal_migrate::{Mapping, Preset, SourceKind};

/// Below those of `migrate plan`.
pub(super) fn plan() -> String {
    format!("{PLAN}\n\n{}\n\n{PLAN_OF_RUN}\n\n{PLAN_STATUS}", input())
}

/// Below those of `migrate run`.
pub(super) fn run() -> String {
    format!("{RUN}\n\n{}\n\n{RUN_STATUS}", input())
}

/// What `--from` and `--map` take, as the library has it.
fn input() -> String {
    let formats: Vec<_> = SourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let applications: Vec<_> = Preset::ALL.iter().map(Preset::name).collect();
    format!(
        "Fields of --map: {}.\n\n\
         --from takes a format: {}.\n\n\
         Or an application: {}. `msal sources list` tells of both.",
        Mapping::FIELDS.join(", "),
        formats.join(", "),
        applications.join(", "),
    )
}

const PLAN: &str = "\
Examples:
  msal migrate plan adal_cache.json
  msal migrate plan tokens.csv --map refresh_token=rt --client-id ID
  msal migrate plan postgres://me@db/app --query 'select * from tokens'
  gpg --decrypt tokens.gpg | msal migrate plan - --from jsonl --list";

const PLAN_OF_RUN: &str = "\
Every option of `migrate run` is taken, so that one word makes the one command of the other; those that are not shown above \
change nothing here.";

const PLAN_STATUS: &str = "\
Exit status: 0 understood; 4 not all of the input is understood, or nothing would be redeemed; 2 bad \
usage; 1 failed.";

const RUN: &str = "\
Examples:
  msal migrate run adal_cache.json --to msal_cache.json
  msal migrate run t.csv --client-id ID --client-secret-env NAME --to cache.json

  First with ten tokens, then the others:
    msal migrate run adal_cache.json --to msal_cache.json --limit 10
    msal migrate run adal_cache.json --to msal_cache.json

  Again, with those that an earlier run has left to their users:
    msal migrate run adal_cache.json --to msal_cache.json --retry needs-user";

const RUN_STATUS: &str = "\
Exit status: 0 every token migrated; 3 the rest need their users; 4 finished, with rows or tokens to correct; 75 something \
is left to retry: run the same command again; 2 bad usage; 1 failed: the run itself could not go on.";

pub(super) const FINISH: &str = "\
Without --remove-journal and --remove-input it lists what there is, what may be removed and why not, and removes nothing. \
Every option of `migrate run` is taken, so that one word makes the one command of the other; those that are not shown \
above say how the input is read, or change nothing here.

Examples:
  msal migrate finish adal_cache.json --to msal_cache.json
  msal migrate finish adal_cache.json --to msal_cache.json --remove-input
  msal migrate finish --to msal_cache.json --remove-journal --yes

Exit status: 0 listed, or removed; 4 nothing was removed, because something is unfinished; 2 bad usage, or nobody was there \
to confirm it; 1 failed, or not confirmed.";

pub(super) const REPORT: &str = "\
Each token has one line, with what became of it last:
  migrated      in the target, on disk, read back (listed with --all)
  needs_user    the server wants the user to take part
  superseded    refused, but its user has another token that is migrated
  failed        not migrated for a reason that you correct
  quarantined   answered, and held back: the answer is not what it should be
  retryable     the same command tries it again
  in_doubt      sent, and nothing says whether it was redeemed
  unpublished   answered; the same command publishes it
  skipped       a row of which no token was sent

Lines are sorted by who does what, tenant, client, user and place.

Examples:
  msal migrate report cache.json.journal
  msal migrate report cache.json.journal --by user --show-users
  msal migrate report cache.json.journal --show-users --format csv --out t.csv
  msal migrate report cache.json.journal --show-users --format html --out r.html

Exit status: 0, whatever became of the tokens; 2 bad usage; 1 failed.";

pub(super) const STATUS: &str = "\
What is counted is what the journal on the disk says. `msal migrate report` says more, of each token.

Examples:
  msal migrate status msal_cache.json
  msal migrate status msal_cache.json.journal --format json
  watch msal migrate status msal_cache.json

Exit status: 0, however far it is; 2 bad usage; 1 failed.";

pub(super) const VERIFY: &str = "\
Examples:
  msal migrate verify msal_cache.json
  msal migrate verify msal_cache.json --renew
  msal migrate verify msal_cache.json --offline --list

Exit status: 0 every account answers; 3 the others must sign in again; 4 an account does not answer for another reason, or \
was not asked; 75 a server could not answer, or it \
was stopped: run the same command again; 2 bad usage; 1 failed. Accounts that the journal does not know decide nothing.";
