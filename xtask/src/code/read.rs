//! Reads the files of a crate, from its root along the `mod` declarations.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Expr, Fields, ImplItem, Item, ItemUse, Lit, Meta, TraitItem, Visibility};

use super::mentions::{Found, Mention, imports};
use super::module::{Code, Meaning, Module, ModuleId, PublicName};
use super::signatures;
use crate::failure::Failure;

/// Reads the crate whose root is `root`, a `lib.rs` or a `main.rs`.
pub(crate) fn read(root: &Path) -> Result<Code, Failure> {
    let mut code = Code::default();
    let folder = root.parent().unwrap_or_else(|| Path::new("")).to_owned();
    read_file(&mut code, root, &folder, None)?;
    Ok(code)
}

fn read_file(
    code: &mut Code,
    path: &Path,
    children: &Path,
    parent: Option<ModuleId>,
) -> Result<ModuleId, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot read {}: {error}", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let file = syn::parse_file(&text).map_err(|error| failed(&error))?;
    let id = begin(code, path, parent);
    if let Some(module) = code.modules.get_mut(id) {
        module.document(&file.attrs);
    }
    take_in(code, id, file.items, children)?;
    Ok(id)
}

fn begin(code: &mut Code, file: &Path, parent: Option<ModuleId>) -> ModuleId {
    code.modules.push(Module {
        file: file.to_owned(),
        parent,
        names: Default::default(),
        globs: Vec::new(),
        mentions: Vec::new(),
        handed_on: Default::default(),
        spoken: Vec::new(),
        first_words: Default::default(),
        words: Default::default(),
        public: Vec::new(),
        declared_within: Default::default(),
        documentation: String::new(),
    });
    code.modules.len() - 1
}

/// Takes in the items of module `id`, whose child modules lie in `children`.
fn take_in(
    code: &mut Code,
    id: ModuleId,
    items: Vec<Item>,
    children: &Path,
) -> Result<(), Failure> {
    for item in items {
        if is_for_tests(attributes(&item)) {
            continue;
        }
        let Item::Mod(child) = item else {
            if let Some(module) = code.modules.get_mut(id) {
                module.take_in(item);
            }
            continue;
        };
        let name = child.ident.to_string();
        let below = children.join(&name);
        let file = code.modules.get(id).map(|module| module.file.clone());
        let number = match child.content {
            Some((_, items)) => {
                let number = begin(code, &file.unwrap_or_default(), Some(id));
                take_in(code, number, items, &below)?;
                number
            }
            None => read_file(code, &file_of(&below), &below, Some(id))?,
        };
        if let Some(module) = code.modules.get_mut(id) {
            module.means(name, Meaning::Module(number));
        }
    }
    Ok(())
}

/// `below.rs`, or `below/mod.rs`.
fn file_of(below: &Path) -> PathBuf {
    let inside = below.join("mod.rs");
    match inside.exists() {
        true => inside,
        false => below.with_extension("rs"),
    }
}

impl Module {
    fn means(&mut self, name: String, meaning: Meaning) {
        self.names.entry(name).or_default().push(meaning);
    }

    fn take_in(&mut self, item: Item) {
        self.document(attributes(&item));
        if let Some((name, _)) = declared(&item) {
            self.means(name, Meaning::Item);
        }
        self.offer(&item);
        self.spoken.extend(signatures::of(&item, is_for_tests));
        match item {
            Item::Use(declaration) => self.import(&declaration),
            Item::Impl(mut block) => {
                block.items.retain(|item| match item {
                    ImplItem::Fn(function) => !is_for_tests(&function.attrs),
                    _ => true,
                });
                self.walk(&block);
            }
            item => self.walk(&item),
        }
    }

    fn walk(&mut self, code: &impl ToTokens) {
        let mut found = Found::default();
        found.take_in(code.to_token_stream());
        for declaration in &found.uses {
            self.import(declaration);
        }
        let first_words = found
            .mentions
            .iter()
            .filter_map(|mention| mention.path.first());
        self.first_words.extend(first_words.cloned());
        self.mentions.append(&mut found.mentions);
        for (word, count) in found.words {
            *self.words.entry(word).or_default() += count;
        }
    }

    /// A private import is a mention; one that is handed on is only a name, until the module uses it itself.
    fn import(&mut self, declaration: &ItemUse) {
        let is_handed_on = !matches!(declaration.vis, Visibility::Inherited);
        for (path, name, line) in imports(&declaration.tree) {
            self.first_words.extend(path.first().cloned());
            if !is_handed_on {
                let path = path.clone();
                self.mentions.push(Mention { path, line });
            } else if matches!(declaration.vis, Visibility::Public(_)) {
                self.handed_on.insert(name.clone(), path.clone());
            }
            match name.as_str() {
                "*" => self.globs.push(path),
                "_" => {}
                _ => self.means(name, Meaning::Import(path)),
            }
        }
    }

    /// Notes what the item offers: itself, its public methods, its fields and variants.
    fn offer(&mut self, item: &Item) {
        if let Some((name, visibility)) = declared(item) {
            self.offer_if(visibility, &name, item);
        }
        match item {
            Item::Enum(item) if is_public(&item.vis) => {
                for variant in &item.variants {
                    self.declare_within(&variant.ident);
                }
            }
            Item::Struct(item) => {
                if let Fields::Named(fields) = &item.fields {
                    let public = fields.named.iter().filter(|field| is_public(&field.vis));
                    for name in public.filter_map(|field| field.ident.as_ref()) {
                        self.declare_within(name);
                    }
                }
            }
            Item::Trait(item) if is_public(&item.vis) => {
                for member in &item.items {
                    if let TraitItem::Fn(function) = member {
                        self.document(&function.attrs);
                        self.public.push(offered(&function.sig.ident));
                    }
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                for member in &block.items {
                    let (visibility, name, attributes) = match member {
                        ImplItem::Fn(item) => (&item.vis, &item.sig.ident, &item.attrs),
                        ImplItem::Const(item) => (&item.vis, &item.ident, &item.attrs),
                        _ => continue,
                    };
                    self.document(attributes);
                    if is_public(visibility) && !is_for_tests(attributes) {
                        self.public.push(offered(name));
                    }
                }
            }
            _ => {}
        }
    }

    fn offer_if(&mut self, visibility: &Visibility, name: &str, item: &Item) {
        if is_public(visibility) {
            let spans = item.to_token_stream().into_iter();
            let line = spans.last().map_or(0, |token| token.span().start().line);
            self.public.push(PublicName {
                name: name.to_owned(),
                line,
            });
        }
    }

    /// Notes a field or a variant: no keyword tells where it is declared, so that the word counts once too often.
    fn declare_within(&mut self, name: &Ident) {
        self.public.push(offered(name));
        *self.declared_within.entry(name.to_string()).or_default() += 1;
    }

    fn document(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            let Meta::NameValue(pair) = &attribute.meta else {
                continue;
            };
            if let (true, Expr::Lit(text)) = (pair.path.is_ident("doc"), &pair.value)
                && let Lit::Str(text) = &text.lit
            {
                self.documentation.push_str(&text.value());
                self.documentation.push('\n');
            }
        }
    }
}

fn offered(name: &Ident) -> PublicName {
    PublicName {
        name: name.to_string(),
        line: name.span().start().line,
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The name that an item declares, and who may use it.
fn declared(item: &Item) -> Option<(String, &Visibility)> {
    let (name, visibility) = match item {
        Item::Const(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        Item::Static(item) => (&item.ident, &item.vis),
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        _ => return None,
    };
    Some((name.to_string(), visibility))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, `#[cfg(doctest)]`, `#[test]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        let condition = attribute.meta.to_token_stream().to_string();
        attribute.path().is_ident("test")
            || (is_cfg && (condition.contains("(test)") || condition.contains("(doctest)")))
    })
}
