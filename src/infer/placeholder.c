/* replaced when the room is furnished */
typedef int hr_infer_placeholder;
