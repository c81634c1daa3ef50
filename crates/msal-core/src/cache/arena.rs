//! Numbered places for the entries of a section. They come in blocks, so that a section that grows moves nothing: an
//! entry is half a kilobyte, and a cache that is being filled would copy each of them several times. Clones share the
//! blocks, and a block is copied when one of them changes something in it.

use std::sync::Arc;

/// Places in order, of which some are empty.
#[derive(Clone)]
pub(super) struct Arena<T> {
    /// All are full but the last.
    blocks: Vec<Arc<Vec<Option<T>>>>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Clone> Arena<T> {
    /// Adds a place; its number is one more than the last one's, from 0.
    pub(super) fn push(&mut self, content: T) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BLOCK => Arc::make_mut(last).push(Some(content)),
            last => {
                // The first block starts small: most caches are those of one user.
                let room = last.map_or(0, |_| BLOCK);
                let mut block = Vec::with_capacity(room);
                block.push(Some(content));
                self.blocks.push(Arc::new(block));
            }
        }
    }

    /// Fills a place, or adds it behind the last one.
    pub(super) fn set(&mut self, number: u32, content: T) {
        match self.place(number) {
            Some(place) => *place = Some(content),
            None => self.push(content),
        }
    }

    /// Gives up the places from `number` on.
    pub(super) fn truncate(&mut self, number: u32) {
        let number = number as usize;
        self.blocks.truncate(number.div_ceil(BLOCK));
        let kept = number % BLOCK;
        if let Some(last) = self
            .blocks
            .last_mut()
            .filter(|last| kept > 0 && last.len() > kept)
        {
            Arc::make_mut(last).truncate(kept);
        }
    }

    /// How many places there are, empty ones included.
    pub(super) fn len(&self) -> usize {
        let full = self.blocks.len().saturating_sub(1);
        full * BLOCK + self.blocks.last().map_or(0, |last| last.len())
    }

    /// The content of a place.
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.blocks
            .get(number / BLOCK)?
            .get(number % BLOCK)?
            .as_ref()
    }

    /// The content of a place, to be changed.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.place(number)?.as_mut()
    }

    /// Empties a place.
    pub(super) fn take(&mut self, number: u32) -> Option<T> {
        self.place(number)?.take()
    }

    /// The contents of all places, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flat_map(|block| &**block).flatten()
    }

    fn place(&mut self, number: u32) -> Option<&mut Option<T>> {
        let number = number as usize;
        let block = Arc::make_mut(self.blocks.get_mut(number / BLOCK)?);
        block.get_mut(number % BLOCK)
    }
}

/// The number of places in a block.
const BLOCK: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_under_its_number() {
        let mut slots = Arena::default();
        let count = u32::try_from(BLOCK).unwrap() * 2 + 1;
        for number in 0..count {
            assert_eq!(slots.len(), number as usize);
            slots.push(number);
        }
        for number in 0..count {
            assert_eq!(slots.get(number), Some(&number));
        }
        assert_eq!(slots.get(count), None);
        assert!(slots.iter().copied().eq(0..count));
    }

    #[test]
    fn an_emptied_place_keeps_its_number() {
        let mut slots = Arena::default();
        slots.push('a');
        slots.push('b');
        assert_eq!(slots.take(0), Some('a'));
        assert_eq!(slots.get(0), None);
        assert_eq!(slots.get_mut(0), None);
        assert_eq!((slots.len(), slots.get(1)), (2, Some(&'b')));
        assert!(slots.iter().eq([&'b']));
    }

    #[test]
    fn a_clone_stays_as_it_is_when_the_other_changes() {
        let mut slots = Arena::default();
        let count = u32::try_from(BLOCK).unwrap() * 2;
        (0..count).for_each(|number| slots.push(number));
        let before = slots.clone();
        *slots.get_mut(7).unwrap() = 70;
        slots.take(8);
        slots.push(count);
        slots.truncate(count - 1);
        assert!(before.iter().copied().eq(0..count));
        assert_eq!((slots.get(7), slots.get(8)), (Some(&70), None));
        assert_eq!(slots.len(), count as usize - 1);
    }

    #[test]
    fn places_that_were_given_up_are_gone_and_the_next_takes_their_number() {
        let block = u32::try_from(BLOCK).unwrap();
        for kept in [0, 1, block - 1, block, block + 1, 2 * block, 3 * block] {
            let mut slots = Arena::default();
            (0..2 * block).for_each(|number| slots.push(number));
            slots.truncate(kept);
            let left = kept.min(2 * block);
            assert!(slots.iter().copied().eq(0..left), "{kept}");
            assert_eq!(slots.len(), left as usize, "{kept}");
            slots.push(7);
            assert_eq!(slots.get(left), Some(&7), "{kept}");
        }
    }
}
