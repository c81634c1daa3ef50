//! The paths that stand in public signatures: what whoever calls, implements or matches something has to name.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Field, Fields, Generics, ImplItem, Item, ItemImpl, ItemTrait, Signature, TraitItem,
    Type, Visibility,
};

use super::mentions::{Found, Mention};

/// What the public signatures of one type or trait, or one function, name: types and traits, those that are a
/// parameter's name among them.
#[derive(Debug)]
pub(crate) struct Spoken {
    /// The type whose method or field it is; else the name of the item.
    pub(crate) owner: String,
    pub(crate) mentions: Vec<Mention>,
}

/// What `item` says to whoever uses it; `is_left_out` tells by its attributes what is not for them.
pub(super) fn of(item: &Item, is_left_out: fn(&[Attribute]) -> bool) -> Option<Spoken> {
    let mut said = TokenStream::new();
    let owner = match item {
        Item::Const(item) if is_public(&item.vis) => {
            item.ty.to_tokens(&mut said);
            &item.ident
        }
        Item::Enum(item) if is_public(&item.vis) => {
            bounds(&item.generics, &mut said);
            let fields = item.variants.iter().flat_map(|variant| &variant.fields);
            fields.for_each(|field| field.ty.to_tokens(&mut said));
            &item.ident
        }
        Item::Fn(item) if is_public(&item.vis) => {
            signature(&item.sig, &mut said);
            &item.sig.ident
        }
        Item::Struct(item) if is_public(&item.vis) => {
            bounds(&item.generics, &mut said);
            public_fields(&item.fields).for_each(|field| field.ty.to_tokens(&mut said));
            &item.ident
        }
        Item::Trait(item) if is_public(&item.vis) => {
            of_trait(item, &mut said);
            &item.ident
        }
        Item::Type(item) if is_public(&item.vis) => {
            item.ty.to_tokens(&mut said);
            &item.ident
        }
        Item::Impl(block) => {
            of_impl(block, is_left_out, &mut said);
            let Type::Path(path) = &*block.self_ty else {
                return None;
            };
            &path.path.segments.last()?.ident
        }
        _ => return None,
    };
    let mut found = Found::default();
    found.take_in(said);
    // Parameters and lifetimes begin with a small letter, types and traits with a capital.
    let is_type = |mention: &Mention| {
        let name = mention.path.last();
        name.is_some_and(|name| name.starts_with(char::is_uppercase))
    };
    found.mentions.retain(is_type);
    Some(Spoken {
        owner: owner.to_string(),
        mentions: found.mentions,
    })
}

fn of_trait(item: &ItemTrait, said: &mut TokenStream) {
    bounds(&item.generics, said);
    item.supertraits.to_tokens(said);
    for member in &item.items {
        match member {
            TraitItem::Fn(function) => signature(&function.sig, said),
            TraitItem::Type(kind) => kind.bounds.to_tokens(said),
            _ => {}
        }
    }
}

/// The functions of a trait say what the trait says; what its implementation adds stands in its head and its types.
fn of_impl(block: &ItemImpl, is_left_out: fn(&[Attribute]) -> bool, said: &mut TokenStream) {
    bounds(&block.generics, said);
    let of_trait = block
        .trait_
        .as_ref()
        .and_then(|(path, _)| path.segments.last());
    if let Some(of_trait) = of_trait {
        of_trait.arguments.to_tokens(said);
    }
    let is_seen = |vis: &Visibility, attributes: &[Attribute]| {
        of_trait.is_none() && is_public(vis) && !is_left_out(attributes)
    };
    for member in &block.items {
        match member {
            ImplItem::Const(item) if is_seen(&item.vis, &item.attrs) => item.ty.to_tokens(said),
            ImplItem::Fn(item) if is_seen(&item.vis, &item.attrs) => signature(&item.sig, said),
            ImplItem::Type(item) => item.ty.to_tokens(said),
            _ => {}
        }
    }
}

fn signature(signature: &Signature, said: &mut TokenStream) {
    bounds(&signature.generics, said);
    signature.inputs.to_tokens(said);
    signature.output.to_tokens(said);
}

fn bounds(generics: &Generics, said: &mut TokenStream) {
    generics.params.to_tokens(said);
    generics.where_clause.to_tokens(said);
}

fn public_fields(fields: &Fields) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| is_public(&field.vis))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}
