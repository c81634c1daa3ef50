//! One line of a report.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, DefaultHasher, Hash as _, Hasher as _, RandomState};
use std::sync::Arc;

use msal_core::Authority;
use msal_migrate::{Locator, Place, RowReport, State, TokenReport, UserHints};

use crate::commands::migrate::causes;
use crate::outside::Outside;
use crate::todo::{Todo, Who};

/// A token, or a row that is left out.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) todo: Arc<Todo>,
    pub(super) class: &'static str,
    pub(super) tenant: Arc<str>,
    pub(super) client_id: Arc<str>,
    pub(super) authority: Arc<str>,
    pub(super) file: Arc<str>,
    pub(super) place: Place,
    /// More places, where several lines are told as one.
    pub(super) more: Vec<Place>,
    /// What the store calls the row.
    pub(super) name: Option<Box<str>>,
    pub(super) user: User,
    /// A hash of whose it is.
    person: Option<u64>,
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
    /// How lines are sorted: by what is to be done and why, then where, then whose.
    fn compare(&self, other: &Self, by_user: bool) -> Ordering {
        let todo = |row: &Self| (row.todo.who, row.class == SKIPPED, row.class);
        // Also where no name is shown, one person's lines stand together; else the order of the file is of more use.
        let person = |row: &Self| {
            row.person
                .filter(|_| by_user)
                .map(|it| (it, row.kept_old_rt))
        };
        todo(self)
            .cmp(&todo(other))
            .then_with(|| self.todo.what.cmp(&other.todo.what))
            .then_with(|| self.explanation.cmp(&other.explanation))
            .then_with(|| self.tenant.cmp(&other.tenant))
            .then_with(|| self.client_id.cmp(&other.client_id))
            .then_with(|| self.user.lower_case().cmp(other.user.lower_case()))
            .then_with(|| person(self).cmp(&person(other)))
            .then_with(|| self.file.cmp(&other.file))
            .then_with(|| self.place.cmp(&other.place))
    }

    /// Whether both say the same of one person.
    fn is_about_same(&self, other: &Self) -> bool {
        self.person.is_some()
            && self.person == other.person
            && self.todo == other.todo
            && self.class == other.class
            && self.tenant == other.tenant
            && self.client_id == other.client_id
            && self.kept_old_rt == other.kept_old_rt
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

    /// Where it is, as commands take it; several where several lines are told as one.
    pub(super) fn places(&self) -> String {
        let places = [self.place].into_iter().chain(self.more.iter().copied());
        places
            .map(|place| place.to_string())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Sorts, and makes one line of those that say the same of one person if that is asked for.
pub(super) fn sort(rows: &mut Vec<Row>, by_user: bool) {
    rows.sort_by(|one, other| one.compare(other, by_user));
    if by_user {
        rows.dedup_by(|next, kept| {
            let is_same = kept.is_about_same(next);
            if is_same {
                kept.more.push(next.place);
                kept.at = kept.at.max(next.at);
            }
            is_same
        });
    }
}

/// Makes lines, in which texts that many of them have are there once.
pub(super) struct Rows {
    show_users: bool,
    texts: HashMap<Box<str>, Arc<str>>,
    todos: HashMap<(Who, Box<str>), Arc<Todo>>,
    codes: HashMap<Vec<u32>, Arc<[String]>>,
    persons: RandomState,
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
            persons: RandomState::new(),
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
            file: self.file(locator.file()),
            place: locator.place(),
            more: Vec::new(),
            name: name.filter(|_| self.show_users),
            person: self.person(&user),
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

    /// A name that was typed, or its last part: where a store keeps one file per user, a file is called like them.
    fn file(&mut self, file: &str) -> Arc<str> {
        if self.show_users {
            return self.text(file);
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_somebody = name.contains('@') || name.to_ascii_lowercase().contains("%40");
        self.text(if is_somebody { "" } else { name })
    }

    fn tenant(&mut self, authority: &str) -> Arc<str> {
        match Authority::parse(authority) {
            Ok(authority) => self.text(authority.tenant().as_str()),
            Err(_) => self.text(""),
        }
    }

    /// Whose it is: by the name, whose hash is kept where it is not shown, else by an identifier.
    fn person(&self, user: &UserHints) -> Option<u64> {
        let mut hasher: DefaultHasher = self.persons.build_hasher();
        match (&user.username, &user.home_account_id, &user.oid) {
            (Some(name), _, _) => name.to_lowercase().hash(&mut hasher),
            (None, Some(id), _) => id.as_str().hash(&mut hasher),
            (None, None, Some(oid)) => (oid, &user.tid).hash(&mut hasher),
            (None, None, None) => return None,
        }
        Some(hasher.finish())
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

/// What is known of a user: identifiers always, the name only when it is asked for.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) home_account_id: Option<Box<str>>,
    pub(super) oid: Option<Box<str>>,
    pub(super) tid: Option<Box<str>>,
    pub(super) username: Option<Box<str>>,
    /// Whether there is a name that is not shown.
    hides_name: bool,
}

impl User {
    fn new(hints: UserHints, show_users: bool) -> Self {
        Self {
            home_account_id: hints.home_account_id.map(|id| id.as_str().into()),
            oid: hints.oid.map(Into::into),
            tid: hints.tid.map(Into::into),
            hides_name: hints.username.is_some() && !show_users,
            username: hints.username.filter(|_| show_users).map(Into::into),
        }
    }

    /// What people know the user by, as far as it is shown.
    pub(super) fn shown(&self) -> &str {
        let known = [&self.username, &self.home_account_id, &self.oid];
        known.into_iter().flatten().next().map_or("", |text| text)
    }

    fn lower_case(&self) -> impl Iterator<Item = char> + '_ {
        self.shown().chars().flat_map(char::to_lowercase)
    }
}

impl fmt::Display for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            ("name", &self.username),
            ("home account", &self.home_account_id),
            ("oid", &self.oid),
            ("tid", &self.tid),
        ];
        let known: Vec<_> = known
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", Outside(value.as_deref()?))))
            .collect();
        match (known.is_empty(), self.hides_name) {
            (true, true) => formatter.write_str("a name (--show-users shows it)"),
            (true, false) => formatter.write_str("nobody that is named"),
            (false, _) => formatter.write_str(&known.join(" ")),
        }
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
/// The class of rows that are left out.
pub(super) const SKIPPED: &str = "skipped";
