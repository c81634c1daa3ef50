//! HChaCha20: derives the key under which XChaCha20-Poly1305 uses ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.2).
//!
//! Here, because aws-lc-rs has the cipher and not this derivation. It adds, XORs and rotates, so that its time tells
//! nothing of the key.

use zeroize::Zeroizing;

/// The subkey for `key` and the first 16 bytes of a nonce.
pub(super) fn subkey(key: &[u8; 32], nonce: &[u8; 16]) -> Zeroizing<[u8; 32]> {
    // RFC 8439 §2.3: the constants, the key, then what is a counter and a nonce there, and a longer nonce here.
    let mut state = Zeroizing::new([0_u32; 16]);
    let input = [&b"expand 32-byte k"[..], key, nonce].concat();
    let input = Zeroizing::new(input);
    let (words, _no_rest) = input.as_chunks::<4>();
    for (word, bytes) in state.iter_mut().zip(words) {
        *word = u32::from_le_bytes(*bytes);
    }
    for _double_round in 0..10 {
        for [a, b, c, d] in QUARTERS {
            quarter_round(&mut state, a, b, c, d);
        }
    }
    // The first and the last row, without the addition that ends a block of ChaCha20.
    let mut subkey = Zeroizing::new([0; 32]);
    let (first, last) = (state[..4].iter(), state[12..].iter());
    for (bytes, word) in subkey
        .as_chunks_mut::<4>()
        .0
        .iter_mut()
        .zip(first.chain(last))
    {
        *bytes = word.to_le_bytes();
    }
    subkey
}

/// RFC 8439 §2.1.
fn quarter_round(state: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    for (a, b, d, left) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(left);
    }
}

/// RFC 8439 §2.3: the columns, then the diagonals.
const QUARTERS: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drafts_vector_comes_out() {
        // draft-irtf-cfrg-xchacha-03 §2.2.1.
        let key: [u8; 32] = std::array::from_fn(|index| index as u8);
        let nonce = *b"\x00\x00\x00\x09\x00\x00\x00\x4a\x00\x00\x00\x00\x31\x41\x59\x27";
        let expected = *b"\x82\x41\x3b\x42\x27\xb2\x7b\xfe\xd3\x0e\x42\x50\x8a\x87\x7d\x73\
                          \xa0\xf9\xe4\xd5\x8a\x74\xa8\x53\xc1\x2e\xc4\x13\x26\xd3\xec\xdc";
        assert_eq!(*subkey(&key, &nonce), expected);
    }
}
