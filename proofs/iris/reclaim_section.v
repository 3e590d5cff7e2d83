(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: what a thread may do with its part in a domain. Inside a section it has whatever it has taken up (section_access);
    what it takes up has to be linked at that moment (take_up); protect goes on until its interval has what it found. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import reclaim reclaim_state reclaim_collect.

Section section.
  Context `{!heapGS Σ, !reclaimG Σ} (N : namespace) (content : loc → iProp Σ).
  Implicit Types (γ : names) (d r o l f k : loc) (x : reader) (R : gmap loc reader) (O : gmap loc object) (e b u up : nat).
  Implicit Types (S : gset loc) (t : val).
  Notation is_domain := (is_domain N content). Notation garbage := (garbage content).

  (** an object that is not retired, by whoever may retire it: its maker, then what it is linked in *)
  Definition alive γ o : iProp Σ :=
    ∃ b, o ↪[γo γ] Object b None ∗ (o +ₗ 0) ↦{#1/2} #b ∗ (∃ v, (o +ₗ 1) ↦ v) ∗ (∃ v, (o +ₗ 2) ↦ v) ∗ ∃ v, (o +ₗ 3) ↦ v.
  (** a section's ghost: its record, its upper bound, what it has taken up *)
  Definition inside γ r up S : iProp Σ := ∃ lo, r ↪[γr γ] Reader (Some lo) up S.
  Definition moved_on γ up : iProp Σ := ∃ b, ⌜up < b⌝ ∗ mono_nat_lb_own (γe γ) b.
  (** a thread's part: None outside of a section *)
  Definition part γ d t (s : option (gset loc)) : iProp Σ :=
    ∃ r (p f k : loc), ⌜t = ((#d, #r), (#p, (#f, #k)))%V⌝ ∗ r ↪[γk γ]□ () ∗ garbage γ f k ∗
      match s with
        None => (∃ up, r ↪[γr γ] Reader None up ∅) ∗ ∃ v, p ↦ v
      | Some T => ∃ up, inside γ r up T ∗ p ↦ #up ∗ mono_nat_lb_own (γe γ) up
      end.

  (** ** Objects *)
  Lemma make_spec γ d t s o :
    {{{ is_domain γ d ∗ part γ d t s ∗ header o ∗ content o }}} make t #o {{{ RET #(); part γ d t s ∗ alive γ o }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Ht & Ho & Hcon) HΦ". iDestruct "Ht" as (r p f k ->) "Ht".
    iDestruct "Ho" as "(H0 & H1)". iDestruct "H0" as (v) "H0". wp_lam. wp_pures. wp_lam. wp_pures.
    wp_bind (if: _ then _ else _)%E. wp_apply (wp_wand _ _ _ (λ _, True)%I).
    { wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures; last done. wp_bind (FAA _ _).
      iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_tick with "Hs") as "(He & _ & Hs)".
      wp_faa. replace (e + 1)%Z with (Z.of_nat (Datatypes.S e)) by lia.
      iMod ("Hs" with "He") as "Hs". iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). by wp_pures. }
    iIntros (w) "_". wp_pures. wp_bind (! _)%E. iInv "I" as (e R O) "[>Hs HO]".
    iDestruct (state_era with "Hs") as "(He & #Hb & _ & Hs)". wp_load. iDestruct ("Hs" with "He") as "Hs". iModIntro.
    iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures. rename e into b. clear R O.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs Hb") as %Hbe. wp_store.
    iMod (state_make with "Hs H0") as (Ho) "(Hs & Hg & H0)"; first done.
    iModIntro. iSplitL "Hs HO Hcon".
    { iNext. iExists e, R, _. iFrame "Hs". rewrite /contents dom_insert_L big_sepS_insert; last by apply not_elem_of_dom. iFrame. }
    iApply "HΦ". iSplitL "Ht"; [iExists r, p, f, k; by iFrame|]. iExists b. iFrame.
  Qed.

  Lemma retire_spec γ d t s o (g : val) :
    {{{ is_domain γ d ∗ part γ d t s ∗ alive γ o ∗ frees content g o }}} retire t #o g {{{ RET #(); part γ d t s }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Ht & Ho & Hg) HΦ". iDestruct "Ht" as (r p f k ->) "(Hr & Hgar & Ht)".
    iDestruct "Ho" as (b) "(Ho & H0 & H1 & H2 & H3)". iDestruct "H3" as (w) "H3". wp_lam. wp_pures.
    wp_bind (_ <- _)%E. iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_object with "Hs Ho") as "[[%Hs %Hy] Hset]". wp_store.
    iMod ("Hset" $! (Object b (Some (e, dom R))) with "[]") as "[Hs Ho]"; first (iPureIntro; split; [by apply sound_retire|done]).
    iDestruct "Hgar" as (M) "(HM & Hf & Hk)". iDestruct (state_not_before with "Hs HM") as %HMe.
    iDestruct (state_era with "Hs") as "(He & #Hlb & _ & Hs)". iDestruct ("Hs" with "He") as "Hs".
    iModIntro. iSplitL "Hs HO".
    { iNext. iExists e, R, _. iFrame "Hs". by rewrite /contents dom_insert_lookup_L. }
    iDestruct (stack_mono _ (unstamped content γ e) with "Hf") as "Hf".
    { iIntros (o') "H". iDestruct "H" as (b' u may Hu) "H". iExists b', u, may. iFrame. iPureIntro. lia. }
    wp_pures. wp_apply (push_spec with "[$Hf $H2 Ho H0 H1 H3 Hg]").
    { iExists b, e, _. iFrame. iSplit; [done|]. iExists g. iFrame. }
    iIntros "Hf". wp_pures. wp_apply (maybe_collect_spec with "[$I $I' Hf Hk]"); first (iExists e; iFrame "# ∗").
    iIntros "Hgar". iApply "HΦ". iExists r, p, f, k. by iFrame.
  Qed.

  (** ** Sections *)
  Lemma lock_spec γ d t : {{{ is_domain γ d ∗ part γ d t None }}} lock t {{{ RET #(); part γ d t (Some ∅) }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Ht) HΦ". iDestruct "Ht" as (r p f k ->) "(Hr & Hgar & [Hx Hp])".
    iDestruct "Hx" as (up) "Hx". iDestruct "Hp" as (v) "Hp". wp_lam. wp_pures. wp_bind (! _)%E.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_era with "Hs") as "(He & #Hnow & _ & Hs)". wp_load.
    iDestruct ("Hs" with "He") as "Hs". iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame).
    rename e into now. clear R O. wp_pures. wp_store. wp_pures. wp_bind (_ <- _)%E.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs Hnow") as %Hle.
    iDestruct (state_reader with "Hs Hx") as "([%Hs %Hx] & H0 & H1 & Hset)". wp_store.
    iMod ("Hset" $! (Reader None now ∅) with "[] H0 H1") as "[Hs Hx]".
    { iPureIntro. repeat split; simpl; [done|done|set_solver]. }
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). clear e R O Hle Hs Hx. wp_pures.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs Hnow") as %Hle.
    iDestruct (state_reader with "Hs Hx") as "([%Hs %Hx] & H0 & H1 & Hset)". wp_store.
    iMod ("Hset" $! (Reader (Some now) now ∅) with "[] H0 H1") as "[Hs Hx]".
    { iPureIntro. repeat split; simpl; [by intros ? [= <-]|done|set_solver]. }
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame).
    iApply "HΦ". iExists r, p, f, k. iFrame. iSplit; [done|]. iExists now. iFrame "Hnow Hp". by iExists now.
  Qed.
  Lemma unlock_spec γ d t S : {{{ is_domain γ d ∗ part γ d t (Some S) }}} unlock t {{{ RET #(); part γ d t None }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Ht) HΦ". iDestruct "Ht" as (r p f k ->) "(Hr & Hgar & Ht)".
    iDestruct "Ht" as (up) "(Hx & Hp & _)". iDestruct "Hx" as (lo) "Hx". wp_lam. wp_pures. wp_bind (_ <- _)%E.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_reader with "Hs Hx") as "([%Hs %Hx] & H0 & H1 & Hset)". wp_store.
    destruct (sound_at _ _ _ _ _ Hs Hx) as (_ & _ & Hup & _).
    iMod ("Hset" $! (Reader None up ∅) with "[] H0 H1") as "[Hs Hx]".
    { iPureIntro. repeat split; simpl; [done|done|set_solver]. }
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures.
    wp_apply (maybe_collect_spec with "[$I $I' $Hgar]"). iIntros "Hgar". iApply "HΦ". iExists r, p, f, k. iFrame.
    iSplit; [done|]. iSplitL "Hx"; by iExists _.
  Qed.

  (** What is linked now is in the interval, and is the section's from now on; or it was born after the interval's end. *)
  Lemma take_up γ d E r up S o :
    ↑N ⊆ E → is_domain γ d -∗ inside γ r up S -∗ alive γ o ={E}=∗
      alive γ o ∗ (inside γ r up ({[o]} ∪ S) ∨ inside γ r up S ∗ moved_on γ up).
  Proof.
    iIntros (HE) "#[I I'] Hx Ho". iDestruct "Hx" as (lo) "Hx". iDestruct "Ho" as (b) "[Ho Hh]".
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_has with "Hs Ho") as %[Hs Hy].
    iDestruct (state_era with "Hs") as "(He & #Hlb & _ & Hs)". iDestruct ("Hs" with "He") as "Hs".
    destruct (decide (b ≤ up)) as [Hb|Hb].
    - iDestruct (state_reader with "Hs Hx") as "([_ %Hx] & H0 & H1 & Hset)".
      iMod ("Hset" $! (Reader (Some lo) up (@union _ gset_union {[o]} S)) with "[] H0 H1") as "[Hs Hx]".
      { iPureIntro. destruct (sound_at _ _ _ _ _ Hs Hx) as (_ & Hlo & Hup & Ht). repeat split; simpl; [done|done|done|].
        intros o' Ho'. destruct (decide (o' = o)) as [->|]; last (apply Ht; simpl; set_solver).
        eexists. split; [done|]. split; [done|by intros ??]. }
      iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). iModIntro.
      iSplitL "Ho Hh"; first (iExists b; iFrame). iLeft. by iExists lo.
    - iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). iModIntro.
      iSplitL "Ho Hh"; first (iExists b; iFrame). iRight. iSplitL; first by iExists lo. iExists e. iFrame "Hlb". iPureIntro.
      destruct Hs as [_ HO]. destruct (HO o _ Hy). simpl in *. lia.
  Qed.

  (** What a section has taken up lives: its content is there, for one step at a time. *)
  Lemma section_access γ d t E S o :
    ↑N ⊆ E → o ∈ S → is_domain γ d -∗ part γ d t (Some S) ={E,E∖↑N.@"domain"}=∗
      ▷ content o ∗ (▷ content o ={E∖↑N.@"domain",E}=∗ part γ d t (Some S)).
  Proof.
    iIntros (HE Ho) "#[I I'] Ht". iDestruct "Ht" as (r p f k ->) "(Hr & Hgar & Ht)".
    iDestruct "Ht" as (up) "(Hx & Hp & Hup)". iDestruct "Hx" as (lo) "Hx".
    iMod (inv_acc with "I") as "[H Hclose]"; first solve_ndisj. iDestruct "H" as (e R O) "[>Hs HO]".
    iDestruct (state_reads with "Hs Hx") as %[Hs Hx]. destruct (sound_at _ _ _ _ _ Hs Hx) as (_ & _ & _ & Ht).
    destruct (Ht o Ho) as (y & Hy & _). apply elem_of_dom_2 in Hy.
    rewrite /contents (big_sepS_delete _ (dom O) o) //. iDestruct "HO" as "[$ HO]". iIntros "!> Ho".
    iMod ("Hclose" with "[Hs HO Ho]") as "_".
    { iNext. iExists e, R, O. iFrame "Hs". rewrite /contents (big_sepS_delete _ (dom O) o) //. iFrame. }
    iModIntro. iExists r, p, f, k. iFrame. iSplit; [done|]. iExists up. iFrame. by iExists lo.
  Qed.
  (** So does what is linked. *)
  Lemma alive_access γ d E o :
    ↑N ⊆ E → is_domain γ d -∗ alive γ o ={E,E∖↑N.@"domain"}=∗
      ▷ content o ∗ (▷ content o ={E∖↑N.@"domain",E}=∗ alive γ o).
  Proof.
    iIntros (HE) "#[I I'] Ha". iDestruct "Ha" as (b) "[Ho Hh]".
    iMod (inv_acc with "I") as "[H Hclose]"; first solve_ndisj. iDestruct "H" as (e R O) "[>Hs HO]".
    iDestruct (state_has with "Hs Ho") as %[_ Hy]. apply elem_of_dom_2 in Hy.
    rewrite /contents (big_sepS_delete _ (dom O) o) //. iDestruct "HO" as "[$ HO]". iIntros "!> Hc".
    iMod ("Hclose" with "[Hs HO Hc]") as "_".
    { iNext. iExists e, R, O. iFrame "Hs". rewrite /contents (big_sepS_delete _ (dom O) o) //. iFrame. }
    iModIntro. iExists b. iFrame.
  Qed.

  (** What a load has to do: take up what it finds (so Q), or see that the era has moved on. *)
  Definition loads γ (load : val) (Q : val → gset loc → iProp Σ) : iProp Σ :=
    □ ∀ r up S, inside γ r up S -∗ WP load #() {{ v, ∃ S', ⌜S ⊆ S'⌝ ∗ inside γ r up S' ∗ (Q v S' ∨ moved_on γ up) }}.
  Lemma protect_spec γ d t S load Q :
    {{{ is_domain γ d ∗ part γ d t (Some S) ∗ loads γ load Q }}} protect t load
    {{{ v S', RET v; ⌜S ⊆ S'⌝ ∗ part γ d t (Some S') ∗ Q v S' }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Ht & #Hload) HΦ". iLöb as "IH" forall (S). iDestruct "Ht" as (r p f k ->) "(#Hr & Hgar & Ht)".
    iDestruct "Ht" as (up) "(Hx & Hp & #Hup)". wp_rec. wp_pures. wp_bind (load _).
    iApply (wp_wand with "(Hload Hx)"). iIntros (v) "H". iDestruct "H" as (S' HS) "[Hx HQ]". wp_pures. wp_bind (! _)%E.
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs Hup") as %Hle.
    iAssert (state γ d e R O ∗ (⌜e ≠ up⌝ ∨ Q v S'))%I with "[Hs HQ]" as "[Hs HQ]".
    { iDestruct "HQ" as "[HQ|H]"; first by iFrame. iDestruct "H" as (b Hb) "Hb".
      iDestruct (state_not_before with "Hs Hb") as %?. iFrame. iLeft. iPureIntro. lia. }
    iDestruct (state_era with "Hs") as "(He & #Hnow & _ & Hs)". wp_load. iDestruct ("Hs" with "He") as "Hs".
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). rename e into now. clear R O.
    wp_pures. wp_load. wp_pures. case_bool_decide as Heq.
    { injection Heq as Heq%Nat2Z.inj. iDestruct "HQ" as "[%|HQ]"; first done. wp_pures. iApply "HΦ". iModIntro. iFrame "HQ".
      iSplit; [done|]. iExists r, p, f, k. iFrame "Hr Hgar". iSplit; [done|]. iExists up. by iFrame "# ∗". }
    iClear "HQ". wp_pures. wp_store. wp_pures. wp_bind (_ <- _)%E. iDestruct "Hx" as (lo) "Hx".
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_not_before with "Hs Hnow") as %Hle'.
    iDestruct (state_reader with "Hs Hx") as "([%Hs %Hx] & H0 & H1 & Hset)". wp_store.
    iMod ("Hset" $! (Reader (Some lo) now S') with "[] H0 H1") as "[Hs Hx]".
    { iPureIntro. destruct (sound_at _ _ _ _ _ Hs Hx) as (_ & Hlo & _ & Ht). repeat split; simpl; [done|done|done|].
      intros o Ho. destruct (Ht o Ho) as (y & Hy & Hb & Hg). exists y. simpl in *. split; [done|]. split; [lia|done]. }
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists _, _, _; by iFrame). wp_pures.
    iApply ("IH" with "[Hgar Hx Hp]").
    { iExists r, p, f, k. iFrame "Hr Hgar". iSplit; [done|]. iExists now. iFrame "Hnow Hp". by iExists lo. }
    iIntros "!>" (w S'') "(%HS' & H)". iApply "HΦ". iFrame. iPureIntro. by transitivity S'.
  Qed.
End section.
