//! Signing people in and out at a browser: the authorization endpoint, its pages, sessions, sign-up and sign-out.

mod attempt;
mod authorization;
mod authorize;
mod device_page;
mod form;
mod interaction;
mod logout;
mod next_page;
mod page;
mod session;
mod sign_up;

pub(crate) use authorize::authorize;
pub(crate) use device_page::device_page;
pub(crate) use form::{new_account, take_form};
pub(crate) use logout::logout;
pub(crate) use page::{FORM_POST_SCRIPT, code_page, explain};
