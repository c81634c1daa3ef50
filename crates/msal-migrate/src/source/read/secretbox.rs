//! NaCl's `crypto_secretbox`: XSalsa20 with Poly1305, as Bernstein's "Cryptography in NaCl" has it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use msal_core::SecretBuffer;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

/// What is in a box that has its nonce before it; `None` where the key is another one, or the box was changed.
pub(crate) fn open(key: &[u8; 32], sealed: &[u8]) -> Option<SecretBuffer> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let (tag, encrypted) = sealed.split_first_chunk::<16>()?;
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    // §9: the first 32 bytes of the stream are the authenticator's key, and the message is encrypted with those after them.
    let mut authenticator = Zeroizing::new([0; 32]);
    stream.apply_keystream(authenticator.as_mut_slice());
    let expected = Poly1305::new((&*authenticator).into()).compute_unpadded(encrypted);
    verify_slices_are_equal(&expected, tag).ok()?;
    let mut message = SecretBuffer::from(encrypted.to_vec());
    stream.apply_keystream(&mut message);
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of NaCl's own `tests/secretbox.c`, with the nonce before it.
    #[test]
    fn the_vector_of_nacl_is_opened_and_no_other() {
        let key = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        let key: [u8; 32] = key.try_into().unwrap();
        let nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
        let sealed = concat!(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a",
            "c0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae",
            "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74",
            "e355a5",
        );
        let message = concat!(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c6129",
            "6cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde",
            "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705",
        );
        let sealed = hex(&[nonce, sealed].concat());
        assert_eq!(open(&key, &sealed).unwrap().as_slice(), hex(message));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&key, &changed).is_none(), "{index}");
            assert!(open(&key, &sealed[..index]).is_none(), "{index}");
        }
        let mut other = key;
        other[31] ^= 0x80;
        assert!(open(&other, &sealed).is_none());
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2);
        let byte = |digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
        digits.map(byte).collect()
    }
}
