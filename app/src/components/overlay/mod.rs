//! What lies over the page for a moment: the palette of commands, and the list of shortcuts; and
//! the list from which the palette and others let choose.

mod chooser;
mod palette;
mod shortcuts;

pub use self::chooser::{Chooser, Line, line_id, list_lines};
pub use self::palette::PaletteDialog;
pub use self::shortcuts::ShortcutsDialog;
