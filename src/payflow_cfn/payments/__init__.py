"""Operations on payments for people: look one up, ask its gateway, settle it, list open ones, forget, restore."""
