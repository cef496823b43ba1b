//! Choices made of bytes: the same bytes make the same choices, and where they end every choice is the first.

/// Bytes that are still to be used.
pub struct Choices<'b>(&'b [u8]);

impl<'b> Choices<'b> {
    /// Of these bytes.
    pub fn of(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        if end <= 256 {
            return usize::from(*first) % end;
        }
        let (second, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        (usize::from(*first) << 8 | usize::from(*second)) % end
    }

    /// One of these.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}
