//! The paths that stand in code, found in its tokens: so those inside macros are found as well.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{ItemUse, UseTree};

/// A path that code names something by.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// What is found in a piece of code.
#[derive(Default)]
pub(super) struct Found {
    pub(super) mentions: Vec<Mention>,
    pub(super) words: BTreeMap<String, usize>,
    /// `use` declarations inside functions.
    pub(super) uses: Vec<ItemUse>,
}

/// What stands before a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The word is a field or a method.
    Dot,
    /// The word is the end of a path that begins with a type, `<T as Trait>::word`.
    PathSeparator,
    /// The first half of a path separator, or the colon before a type.
    Colon,
    /// The word is the name of something new.
    Keyword,
    Other,
}

impl Found {
    pub(super) fn take_in(&mut self, tokens: TokenStream) {
        let mut rest = tokens.into_iter().peekable();
        let mut before = Before::Other;
        while let Some(token) = rest.next() {
            before = match token {
                TokenTree::Group(group) => {
                    self.take_in(group.stream());
                    Before::Other
                }
                TokenTree::Ident(word) if word == "use" => {
                    self.declaration(&mut rest);
                    Before::Other
                }
                TokenTree::Ident(word) => {
                    self.path(&word, before, &mut rest);
                    match declares(&word) {
                        true => Before::Keyword,
                        false => Before::Other,
                    }
                }
                TokenTree::Punct(mark) => match (mark.as_char(), before) {
                    (':', Before::Colon) => Before::PathSeparator,
                    (':', _) => Before::Colon,
                    // Two dots are a range.
                    ('.', Before::Dot) => Before::Other,
                    ('.', _) => Before::Dot,
                    _ => Before::Other,
                },
                TokenTree::Literal(_) => Before::Other,
            }
        }
    }

    fn declaration(&mut self, rest: &mut Tokens) {
        let is_end =
            |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
        let body: TokenStream =
            std::iter::from_fn(|| rest.next_if(|token| !is_end(token))).collect();
        // Precise capturing, `impl Trait + use<'a>`, is no declaration.
        self.uses
            .extend(syn::parse2::<ItemUse>(quote::quote!(use #body;)));
    }

    fn path(&mut self, first: &Ident, before: Before, rest: &mut Tokens) {
        if before != Before::Keyword {
            self.word(first);
        }
        let mut path = vec![bare(first)];
        while let Some(next) = next_segment(rest) {
            self.word(&next);
            path.push(bare(&next));
        }
        if matches!(before, Before::Colon | Before::Other) {
            let line = first.span().start().line;
            self.mentions.push(Mention { path, line });
        }
    }

    fn word(&mut self, word: &Ident) {
        *self.words.entry(bare(word)).or_default() += 1;
    }
}

/// Whether the word behind this one is the name of something new.
fn declares(word: &Ident) -> bool {
    const WORDS: [&str; 7] = ["const", "enum", "fn", "static", "struct", "trait", "type"];
    WORDS.iter().any(|keyword| word == keyword)
}

type Tokens = std::iter::Peekable<proc_macro2::token_stream::IntoIter>;

/// The segment behind `::`, if one follows. The tokens are left where they are otherwise.
fn next_segment(rest: &mut Tokens) -> Option<Ident> {
    let mut ahead = rest.clone();
    for _ in 0..2 {
        match ahead.next()? {
            TokenTree::Punct(mark) if mark.as_char() == ':' => {}
            _ => return None,
        }
    }
    let TokenTree::Ident(segment) = ahead.next()? else {
        return None;
    };
    *rest = ahead;
    Some(segment)
}

/// Every path that a `use` declaration brings in, with the name it goes by and the line; `*` for all of a module.
pub(super) fn imports(tree: &UseTree) -> Vec<(Vec<String>, String, usize)> {
    let mut all = Vec::new();
    collect(tree, &mut Vec::new(), &mut all);
    all
}

fn collect(tree: &UseTree, path: &mut Vec<String>, all: &mut Vec<(Vec<String>, String, usize)>) {
    let full = |path: &[String], last: &Ident| match bare(last) {
        // `use a::{self}` names `a`.
        last if last == "self" && !path.is_empty() => path.to_vec(),
        last => path.iter().cloned().chain([last]).collect(),
    };
    match tree {
        UseTree::Path(segment) => {
            path.push(bare(&segment.ident));
            collect(&segment.tree, path, all);
            path.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|item| collect(item, path, all)),
        UseTree::Name(name) => {
            let full = full(path, &name.ident);
            let known_as = full.last().cloned().unwrap_or_default();
            all.push((full, known_as, name.ident.span().start().line));
        }
        UseTree::Rename(rename) => {
            let full = full(path, &rename.ident);
            all.push((full, bare(&rename.rename), rename.ident.span().start().line));
        }
        UseTree::Glob(glob) => {
            let line = glob
                .star_token
                .spans
                .first()
                .map_or(0, |span| span.start().line);
            all.push((path.clone(), "*".to_owned(), line));
        }
    }
}

/// A word without the mark of a raw identifier.
fn bare(word: &Ident) -> String {
    let word = word.to_string();
    word.trim_start_matches("r#").to_owned()
}
