/* replaced when the room is furnished */
typedef int hr_store_placeholder;
