//! A growable buffer for bytes that hold secrets, overwritten when it is dropped.
//!
//! It is wiped as `zeroize` does it, but eight bytes at a time: bodies, entries and documents add up to several times
//! the size of a token cache, and wiping them byte by byte would cost as much as parsing them.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use zeroize::Zeroize;

/// Bytes that are overwritten with zeros when dropped, what lies behind their end included.
///
/// A buffer that has to grow leaves its old memory behind as it was: reserve enough with
/// [`SecretBuffer::with_capacity`] or [`SecretBuffer::make_room`].
#[derive(Default)]
pub struct SecretBuffer(Vec<u8>);

impl SecretBuffer {
    /// An empty buffer with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Has room for `additional` bytes from now on. Memory that is given up for it is overwritten.
    pub fn make_room(&mut self, additional: usize) {
        if self.0.capacity() - self.0.len() < additional {
            let mut larger = Self::with_capacity((self.0.len() + additional).max(2 * self.0.len()));
            larger.0.extend_from_slice(&self.0);
            *self = larger;
        }
    }

    /// The same bytes, to be shared. They are overwritten when the last share is dropped.
    pub fn into_shared(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl From<Vec<u8>> for SecretBuffer {
    /// Takes the bytes over without copying them.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for SecretBuffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for SecretBuffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for SecretBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBuffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SecretBuffer([{} bytes redacted])", self.0.len())
    }
}

impl Drop for SecretBuffer {
    fn drop(&mut self) {
        // Makes all the memory reachable; what was cut off earlier may still hold a secret.
        self.0.resize(self.0.capacity(), 0);
        let (head, words, tail) = bytemuck::pod_align_to_mut::<u8, u64>(&mut self.0);
        head.zeroize();
        words.zeroize();
        tail.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_only() {
        let buffer = SecretBuffer::from(b"0.AXoA".to_vec());
        assert_eq!(format!("{buffer:?}"), "SecretBuffer([6 bytes redacted])");
    }

    #[test]
    fn room_is_made_once() {
        let mut buffer = SecretBuffer::from(b"0.AXoA".to_vec());
        buffer.make_room(100);
        let place = buffer.as_ptr();
        buffer.make_room(100);
        buffer.extend_from_slice(&[b'x'; 100]);
        assert_eq!(buffer.as_ptr(), place);
        assert!(buffer.starts_with(b"0.AXoAxx"));
    }

    #[test]
    fn every_length_and_offset_can_be_wiped_and_shared() {
        for length in 0..40 {
            let mut buffer = SecretBuffer::with_capacity(64);
            buffer.extend(std::iter::repeat_n(7, length));
            buffer.truncate(length / 2);
            assert_eq!(buffer.into_shared(), vec![7; length / 2]);
        }
    }
}
