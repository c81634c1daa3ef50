//! One line of a report.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use msal_core::Authority;
use msal_migrate::{Identifiers, Locator, People, Place, RowReport, State, TokenReport, UserHints};

use super::files::Files;
use super::user::User;
use crate::commands::migrate::causes;
use crate::todo::{Todo, Who};

/// A token, or a row that is left out.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) todo: Arc<Todo>,
    pub(super) class: &'static str,
    pub(super) tenant: Arc<str>,
    pub(super) client_id: Arc<str>,
    pub(super) authority: Arc<str>,
    /// The file as it is shown: an end of its path, or nothing where that names somebody.
    pub(super) file: Arc<str>,
    /// The file's whole path.
    path: Arc<str>,
    pub(super) place: Place,
    /// More rows, where several lines are told as one: in the same file, or in that which is named.
    pub(super) more: Vec<(Option<Arc<str>>, Place)>,
    /// What the store calls the row.
    pub(super) name: Option<Box<str>>,
    pub(super) user: User,
    /// What tells whose it is.
    known: Identifiers,
    /// Whose it is, once lines are sorted by that.
    pub(super) person: usize,
    /// The error and the AADSTS numbers.
    pub(super) error: Arc<str>,
    pub(super) suberror: Arc<str>,
    pub(super) aadsts: Arc<[String]>,
    /// Why a row is left out, in words.
    pub(super) explanation: Arc<str>,
    pub(super) at: i64,
    pub(super) has_sealed_token: bool,
    /// Whether it is in the target itself, because the answer brought no other.
    pub(super) kept_old_rt: bool,
    /// Whose token it is said to be, and whose the answer is, where the answer is held back.
    pub(super) users: Option<Box<(User, User)>>,
}

impl Row {
    /// What is to be done and why, and where.
    fn compare_task(&self, other: &Self) -> Ordering {
        let todo = |row: &Self| (row.todo.who, row.class == SKIPPED, row.class);
        todo(self)
            .cmp(&todo(other))
            .then_with(|| self.todo.what.cmp(&other.todo.what))
            .then_with(|| self.explanation.cmp(&other.explanation))
            .then_with(|| self.tenant.cmp(&other.tenant))
            .then_with(|| self.client_id.cmp(&other.client_id))
    }

    /// Where the row is.
    fn compare_place(&self, other: &Self) -> Ordering {
        let at = |row: &Self| (Arc::clone(&row.file), Arc::clone(&row.path), row.place);
        at(self).cmp(&at(other))
    }

    /// How lines are sorted: by what is to be done and why, then where, then whose, as far as it is shown.
    fn compare(&self, other: &Self) -> Ordering {
        self.compare_task(other)
            .then_with(|| self.user.lower_case().cmp(other.user.lower_case()))
            .then_with(|| self.compare_place(other))
    }

    /// How lines are sorted of which each person has one: also where no name is shown, those of one person stand together.
    fn compare_person(&self, other: &Self) -> Ordering {
        self.compare_task(other)
            .then_with(|| self.person.cmp(&other.person))
            .then_with(|| self.kept_old_rt.cmp(&other.kept_old_rt))
            .then_with(|| self.compare_place(other))
    }

    /// Whether both say the same of one person. An answer that is held back is looked at by itself: whose it is differs, and
    /// each is released by its own name.
    fn is_about_same(&self, other: &Self) -> bool {
        let is_held_back = |row: &Self| row.class == QUARANTINED || row.has_sealed_token;
        self.person == other.person
            && self.kept_old_rt == other.kept_old_rt
            && !is_held_back(self)
            && !is_held_back(other)
            && self.compare_task(other) == Ordering::Equal
    }

    /// Takes in a line that says the same.
    fn absorb(&mut self, other: &Self) {
        let file = Some(&other.file).filter(|_| other.path != self.path);
        self.more.push((file.map(Arc::clone), other.place));
        self.at = self.at.max(other.at);
        self.user.complete(&other.user);
    }

    /// The code that says why: the server's, or the reason.
    pub(super) fn code(&self) -> String {
        let words = [&*self.error]
            .into_iter()
            .chain(self.aadsts.iter().map(String::as_str));
        let words = words
            .chain([
                &*self.suberror,
                if self.kept_old_rt { KEPT_OLD_RT } else { "" },
            ])
            .filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }

    /// Where it is, as commands take it; several where several lines are told as one. Those of another file have its name in
    /// front.
    pub(super) fn places(&self) -> impl Iterator<Item = String> + '_ {
        let more = self.more.iter().map(|(file, place)| match file {
            Some(file) => format!("{file}{place}"),
            None => place.to_string(),
        });
        std::iter::once(self.place.to_string()).chain(more)
    }

    /// Whether all its rows are in one file.
    pub(super) fn is_of_one_file(&self) -> bool {
        self.more.iter().all(|(file, _)| file.is_none())
    }

    /// The same as one text.
    pub(super) fn places_text(&self) -> String {
        self.places().collect::<Vec<_>>().join(" ")
    }
}

/// Whether all lines are of one file: the folder it is in need not be told with each.
pub(super) fn are_of_one_file(rows: &[Row]) -> bool {
    rows.windows(2).all(|pair| pair[0].file == pair[1].file) && rows.iter().all(Row::is_of_one_file)
}

/// Leaves the folder out where all lines are of one file.
pub(super) fn leave_out_folder(rows: &mut [Row]) {
    let Some(first) = rows.first().filter(|_| are_of_one_file(rows)) else {
        return;
    };
    let name = first.file.rsplit(['/', '\\']).next();
    let name: Arc<str> = name.unwrap_or_default().into();
    for row in rows {
        row.file = Arc::clone(&name);
    }
}

/// Sorts, and makes one line of those that say the same of one person if that is asked for.
pub(super) fn sort(rows: &mut Vec<Row>, by_user: Option<&People>) {
    rows.sort_by(Row::compare);
    if let Some(people) = by_user {
        tell_apart(rows, people);
        rows.sort_by(Row::compare_person);
        rows.dedup_by(|next, kept| {
            let is_same = kept.is_about_same(next);
            if is_same {
                kept.absorb(next);
            }
            is_same
        });
    }
}

/// Numbers the people whose lines they are, in the order in which they come up. Of whom nothing is known is somebody of their
/// own.
fn tell_apart(rows: &mut [Row], people: &People) {
    let mut numbers = HashMap::new();
    for (number, row) in rows.iter_mut().enumerate() {
        row.person = match people.who(row.known) {
            Some(person) => *numbers.entry(person).or_insert(number),
            None => number,
        };
    }
}

/// Makes lines, in which texts that many of them have are there once.
pub(super) struct Rows {
    show_users: bool,
    texts: HashMap<Box<str>, Arc<str>>,
    todos: HashMap<(Who, Box<str>), Arc<Todo>>,
    codes: HashMap<Vec<u32>, Arc<[String]>>,
    pub(super) people: People,
    files: Files,
    /// How many lines have a name that is not shown.
    pub(super) hidden: u64,
}

impl Rows {
    pub(super) fn new(show_users: bool) -> Self {
        Self {
            show_users,
            texts: HashMap::new(),
            todos: HashMap::new(),
            codes: HashMap::new(),
            people: People::default(),
            files: Files::default(),
            hidden: 0,
        }
    }

    pub(super) fn of_token(&mut self, token: TokenReport, is_superseded: bool) -> Row {
        let reason = &token.reason;
        let todo = Todo::of_token(token.state, reason, token.has_sealed_token, is_superseded);
        let authority = token.authority.unwrap_or_default();
        let mut user = token.user;
        if user.home_account_id.is_none() {
            let id = token.home_account_id.as_deref();
            user.home_account_id = id.map(msal_core::HomeAccountId::new);
        }
        let expected = token.expected.as_ref();
        if user.username.is_none() {
            user.username = expected.and_then(|expected| expected.username.clone());
        }
        let show = self.show_users;
        let users = token.expected.zip(token.found);
        Row {
            class: match is_superseded {
                true => "superseded",
                false => class_of(token.state),
            },
            tenant: self.tenant(&authority),
            client_id: self.text(token.client_id.as_deref().unwrap_or_default()),
            authority: self.text(&authority),
            error: self.text(&reason.error),
            suberror: self.text(reason.suberror.as_deref().unwrap_or_default()),
            aadsts: self.codes(&reason.aadsts),
            at: token.at.as_secs(),
            has_sealed_token: token.has_sealed_token,
            kept_old_rt: token.kept_old_rt,
            users: users.map(|(expected, found)| {
                Box::new((User::new(expected, show), User::new(found, show)))
            }),
            ..self.bare(todo, &token.locator, user)
        }
    }

    pub(super) fn of_row(&mut self, row: RowReport) -> Row {
        let todo = Todo::of_row(&row);
        let mut user = row.user;
        if user.username.is_none() {
            // What a store calls its rows may be what it calls its users.
            let name = row.locator.key().filter(|name| name.contains('@'));
            user.username = name.map(str::to_owned);
        }
        Row {
            class: SKIPPED,
            tenant: self.text(row.tenant.as_deref().unwrap_or_default()),
            client_id: self.text(row.client_id.as_deref().unwrap_or_default()),
            error: self.text(&row.reason),
            explanation: self.text(&row.explanation),
            at: row.at.as_secs(),
            ..self.bare(todo, &row.locator, user)
        }
    }

    fn bare(&mut self, todo: Todo, locator: &Locator, user: UserHints) -> Row {
        let none = self.text("");
        let name = locator.key();
        let name = name.filter(|name| user.username.as_deref() != Some(name));
        let name = name.map(Box::from);
        if !self.show_users && (user.username.is_some() || name.is_some()) {
            self.hidden += 1;
        }
        Row {
            todo: self.todo(todo),
            class: "",
            tenant: Arc::clone(&none),
            client_id: Arc::clone(&none),
            authority: Arc::clone(&none),
            file: Arc::clone(&none),
            path: self.files.note(locator.file()),
            place: locator.place(),
            more: Vec::new(),
            name: name.filter(|_| self.show_users),
            known: self.known(&user),
            person: 0,
            user: User::new(user, self.show_users),
            error: Arc::clone(&none),
            suberror: Arc::clone(&none),
            aadsts: self.codes(&[]),
            explanation: none,
            at: 0,
            has_sealed_token: false,
            kept_old_rt: false,
            users: None,
        }
    }

    /// Takes note of where a token is that has no line: its file may have the name of one that has.
    pub(super) fn note_file(&mut self, locator: &Locator) {
        self.files.note(locator.file());
    }

    /// Names the file of each line, now that all are known.
    pub(super) fn name_files(&self, rows: &mut [Row]) {
        let names = self.files.names(self.show_users);
        for row in rows {
            row.file = names
                .get(&row.path)
                .map_or_else(|| Arc::clone(&row.file), Arc::clone);
        }
    }

    fn tenant(&mut self, authority: &str) -> Arc<str> {
        match Authority::parse(authority) {
            Ok(authority) => self.text(authority.tenant().as_str()),
            Err(_) => self.text(""),
        }
    }

    fn known(&mut self, user: &UserHints) -> Identifiers {
        let known = self.people.known_by(user);
        self.people.note(known);
        known
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(text.into(), Arc::clone(&new));
        new
    }

    fn todo(&mut self, todo: Todo) -> Arc<Todo> {
        let key = (todo.who, Box::from(&*todo.what));
        let todo = self.todos.entry(key).or_insert_with(|| Arc::new(todo));
        Arc::clone(todo)
    }

    fn codes(&mut self, codes: &[u32]) -> Arc<[String]> {
        if let Some(known) = self.codes.get(codes) {
            return Arc::clone(known);
        }
        let new: Arc<[String]> = codes.iter().map(|code| format!("AADSTS{code}")).collect();
        self.codes.insert(codes.to_vec(), Arc::clone(&new));
        new
    }
}

fn class_of(state: State) -> &'static str {
    match state {
        State::Concluded(class) => causes::class(class),
        State::InDoubt => "in_doubt",
        State::Unpublished => "unpublished",
        _ => "retryable",
    }
}

/// What stands where others have a code.
const KEPT_OLD_RT: &str = "kept_old_rt";
/// The class of answers that are held back.
const QUARANTINED: &str = "quarantined";
/// The class of rows that are left out.
pub(super) const SKIPPED: &str = "skipped";
