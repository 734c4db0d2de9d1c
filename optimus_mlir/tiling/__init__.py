"""From a group's schedule to loops over tiles: the skeleton, and the ops tiled into it."""
