//! What lies over the page for a moment: the palette of commands, the list of shortcuts, and the
//! picker of emoji; and the list from which these and others let choose.

mod chooser;
mod emoji;
mod palette;
mod shortcuts;

pub use self::chooser::{Chooser, Line, line_id, list_lines};
pub use self::emoji::EmojiDialog;
pub use self::palette::PaletteDialog;
pub use self::shortcuts::ShortcutsDialog;
