# Temporary data of the program goes to memory in any case; the index of a repository needs a place that is not full.
export RESCUE_STATE_DIR=/var/lib/rescue
